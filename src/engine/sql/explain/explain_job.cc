#include "engine/sql/explain/explain_job.h"

#include <fmt/format.h>

#include <string_view>

namespace sluice::engine::sql {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04X}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// The last part of the name in "…table=[…]…".
std::string TableOf(std::string_view text) {
  const size_t begin = text.find("table=[");
  std::string_view name = text.substr(begin + 7, text.find(']', begin) - begin - 7);
  return std::string(name.substr(name.find_last_of(". [") + 1));
}

class JobText {
 public:
  explicit JobText(int parallelism) : parallelism_(parallelism) {}

  void Add(const ExplainTree& tree) { Visit(tree); }
  std::string Text() const { return "{\n  \"nodes\" : [ " + nodes_ + " ]\n}"; }

 private:
  /// A node whose rows arrive somewhere, and how.
  struct Arrival {
    int id;
    const char* strategy;
    int parallelism;  // of who takes them
  };

  std::vector<Arrival> Visit(const ExplainTree& tree) {
    std::vector<Arrival> arrivals;
    for (const ExplainTree& input : tree.inputs) {
      for (const Arrival& a : Visit(input)) arrivals.push_back(a);
    }
    const int number = ++last_;
    const std::string_view text = tree.text;
    const std::string name(text.substr(0, text.find('(')));
    if (name == "Union") return arrivals;
    if (name == "Exchange") {
      for (Arrival& a : arrivals) Exchange(text, a);
      return arrivals;
    }
    const int parallelism = !arrivals.empty() ? arrivals[0].parallelism : name == "Values" ? 1 : parallelism_;
    if (name == "Sink") {
      const std::string writer = fmt::format("{}[{}]: Writer", TableOf(text), number);
      Put(++last_, writer, "Operator", writer, parallelism, arrivals);
      return {};
    }
    const bool source = tree.inputs.empty();
    const std::string shown = name == "TableSourceScan" ? TableOf(text) : name;
    Put(number, fmt::format("{}{}[{}]", source ? "Source: " : "", shown, number), source ? "Data Source" : "Operator",
        fmt::format("[{}]:{}", number, text), parallelism, arrivals);
    return {{number, "FORWARD", parallelism}};
  }

  void Exchange(std::string_view text, Arrival& arrival) const {
    auto is = [&](const char* how) { return text.find(how) != std::string_view::npos; };
    if (is("distribution=[single]")) {
      arrival.strategy = "GLOBAL";
      arrival.parallelism = 1;
      return;
    }
    arrival.strategy = is("distribution=[hash") ? "HASH" : is("distribution=[broadcast]") ? "BROADCAST" : "REBALANCE";
    arrival.parallelism = parallelism_;
  }

  void Put(int id, const std::string& type, const char* pact, const std::string& contents, int parallelism,
           const std::vector<Arrival>& arrivals) {
    std::string from;
    for (const Arrival& a : arrivals) {
      from += fmt::format(
          "{}{{\n      \"id\" : {},\n      \"ship_strategy\" : \"{}\",\n      \"side\" : \"second\"\n    }}",
          from.empty() ? "" : ", ", a.id, a.strategy);
    }
    if (!from.empty()) from = ",\n    \"predecessors\" : [ " + from + " ]";
    nodes_ += fmt::format(
        "{}{{\n    \"id\" : {},\n    \"type\" : {},\n    \"pact\" : \"{}\",\n    \"contents\" : {},\n"
        "    \"parallelism\" : {}{}\n  }}",
        nodes_.empty() ? "" : ", ", id, Quoted(type), pact, Quoted(contents), parallelism, from);
  }

  const int parallelism_;
  int last_ = 0;
  std::string nodes_;
};

}  // namespace

std::string ExplainJob(const std::vector<ExplainTree>& trees, int parallelism) {
  JobText job(parallelism);
  for (const ExplainTree& tree : trees) job.Add(tree);
  return job.Text();
}

}  // namespace sluice::engine::sql
