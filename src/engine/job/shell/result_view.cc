#include "engine/job/shell/result_view.h"

#include <list>
#include <ostream>
#include <unordered_map>

#include "engine/job/shell/tableau.h"

namespace sluice::engine::shell {
namespace {

constexpr std::string_view kEnterScreen = "\x1b[?1049h";
constexpr std::string_view kLeaveScreen = "\x1b[?1049l";
constexpr std::string_view kClearScreen = "\x1b[H\x1b[J";

std::string CountOfRows(size_t count) { return std::to_string(count) + (count > 1 ? " rows" : " row"); }

std::vector<std::string> NamesOf(const Schema& schema) {
  std::vector<std::string> names;
  for (const RowField& column : schema) names.push_back(column.name);
  return names;
}

/// Prints each change as it comes.
class ChangelogView : public ResultView {
 public:
  ChangelogView(const Schema& schema, const ViewOptions& options, std::ostream& out)
      : table_(Tableau::ByType(schema, options.max_column_width, true)), out_(out) {}

  void Begin() override { out_ << table_.Border() << "\n" << table_.Heading() << "\n" << table_.Border() << std::endl; }

  void Add(std::vector<DisplayedRow> rows) override {
    for (DisplayedRow& row : rows) {
      row.fields.insert(row.fields.begin(), RowKindText(row.kind));
      out_ << table_.Row(row.fields) << "\n";
    }
    out_.flush();
    count_ += rows.size();
  }

  void End(bool terminated, const std::string& time_cost) override {
    if (terminated) {
      out_ << "Query terminated, received a total of " << CountOfRows(count_) << std::endl;
      return;
    }
    out_ << table_.Border() << "\nReceived a total of " << CountOfRows(count_) << time_cost << std::endl;
  }

 private:
  Tableau table_;
  std::ostream& out_;
  size_t count_ = 0;
};

/// Keeps the table that the changes leave; prints it at the end, and on a terminal its last rows while it changes.
class TableView : public ResultView {
 public:
  TableView(const Schema& schema, const ViewOptions& options, std::ostream& out)
      : names_(NamesOf(schema)), options_(options), out_(out) {}
  ~TableView() override { LeaveScreen(); }

  void Add(std::vector<DisplayedRow> rows) override {
    received_ += rows.size();
    for (DisplayedRow& row : rows) Apply(std::move(row));
  }

  void Refresh() override {
    if (!options_.live) return;
    if (!on_screen_) out_ << kEnterScreen;
    on_screen_ = true;
    std::vector<std::vector<std::string>> last;
    auto row = rows_.end();
    for (size_t n = 0; n < options_.live_rows && row != rows_.begin(); ++n) last.insert(last.begin(), *--row);
    out_ << kClearScreen << FormatTable(names_, last, options_.max_column_width) << CountOfRows(rows_.size())
         << " now, " << received_ << " changes so far; Ctrl-C ends the query" << std::endl;
  }

  void End(bool terminated, const std::string& time_cost) override {
    LeaveScreen();
    if (rows_.empty()) {
      out_ << "Empty set" << time_cost << std::endl;
      return;
    }
    out_ << FormatTable(names_, {rows_.begin(), rows_.end()}, options_.max_column_width) << CountOfRows(rows_.size())
         << " in set" << (terminated ? " when the query was terminated" : "") << time_cost << std::endl;
  }

  void Abort() override { LeaveScreen(); }

 private:
  using Rows = std::list<std::vector<std::string>>;

  static std::string KeyOf(const std::vector<std::string>& fields) {
    std::string key;
    for (const std::string& field : fields) key += std::to_string(field.size()) + ":" + field;
    return key;
  }

  void Apply(DisplayedRow row) {
    std::string key = KeyOf(row.fields);
    if (IsAdd(row.kind)) {
      rows_.push_back(std::move(row.fields));
      places_[std::move(key)].push_back(std::prev(rows_.end()));
      return;
    }
    auto found = places_.find(key);
    if (found == places_.end()) return;
    rows_.erase(found->second.back());
    found->second.pop_back();
    if (found->second.empty()) places_.erase(found);
  }

  void LeaveScreen() {
    if (on_screen_) out_ << kLeaveScreen << std::flush;
    on_screen_ = false;
  }

  std::vector<std::string> names_;
  ViewOptions options_;
  std::ostream& out_;
  Rows rows_;
  std::unordered_map<std::string, std::vector<Rows::iterator>> places_;
  size_t received_ = 0;
  bool on_screen_ = false;
};

}  // namespace

std::unique_ptr<ResultView> MakeResultView(const Schema& schema, const ViewOptions& options, std::ostream& out) {
  const bool as_table = options.mode == ResultMode::kTable || (options.mode == ResultMode::kTableau && options.batch);
  if (as_table) return std::make_unique<TableView>(schema, options, out);
  return std::make_unique<ChangelogView>(schema, options, out);
}

}  // namespace sluice::engine::shell
