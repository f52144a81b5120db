#include "service/api/runtime_properties.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/model/json_access.h"

namespace sluice::service {
namespace {

/// What has a member in the API, and what belongs to the service.
constexpr std::pair<std::string_view, std::string_view> kElsewhere[] = {
    {"execution.checkpointing.interval", "CheckpointConfiguration.CheckpointInterval"},
    {"execution.checkpointing.min-pause", "CheckpointConfiguration.MinPauseBetweenCheckpoints"},
    {"parallelism.default", "ParallelismConfiguration.Parallelism"},
    {"pipeline.name", "the application's name"},
    {"execution.savepoint.path", "RunConfiguration.ApplicationRestoreConfiguration"},
    {"execution.state-recovery.path", "RunConfiguration.ApplicationRestoreConfiguration"},
    {"execution.savepoint.ignore-unclaimed-state", "FlinkRunConfiguration.AllowNonRestoredState"},
    {"execution.state-recovery.ignore-unclaimed-state", "FlinkRunConfiguration.AllowNonRestoredState"},
    {"execution.checkpointing.dir", "the service's own folders"},
    {"execution.checkpointing.savepoint-dir", "the service's own folders"},
    {"state.checkpoints.dir", "the service's own folders"},
    {"state.savepoints.dir", "the service's own folders"},
};

/// Walks over a text of SQL and fills variables in where they count.
class VariableFiller {
 public:
  VariableFiller(std::string_view sql, const PropertyGroups& groups) : sql_(sql), groups_(groups) {}

  Result<std::string> Run() {
    while (at_ < sql_.size()) {
      if (quote_ == 0 && Begins("--")) {
        CopyThrough("\n");
      } else if (quote_ == 0 && Begins("/*")) {
        CopyThrough("*/");
      } else if (Begins("${")) {
        SLUICE_RETURN_IF_ERROR(TakeVariable());
      } else {
        const char c = sql_[at_++];
        out_ += c;
        // A doubled quote ends a literal and begins the next, which comes to the same.
        if (quote_ == 0 && (c == '\'' || c == '`')) {
          quote_ = c;
        } else if (c == quote_) {
          quote_ = 0;
        }
      }
    }
    return std::move(out_);
  }

 private:
  bool Begins(std::string_view text) const { return sql_.substr(at_).starts_with(text); }

  void CopyThrough(std::string_view end) {
    size_t found = sql_.find(end, at_ + 2);
    size_t next = found == std::string_view::npos ? sql_.size() : found + end.size();
    out_ += sql_.substr(at_, next - at_);
    at_ = next;
  }

  TextPosition Position() const {
    const std::string_view before = sql_.substr(0, at_);
    const size_t line_begin = before.rfind('\n');
    return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
            static_cast<int>(before.size() - (line_begin == std::string_view::npos ? 0 : line_begin + 1)) + 1};
  }

  /// "${Group:key}" or "${Group:key:-text}"; anything else after "${" is no variable and stays.
  Status TakeVariable() {
    const size_t end = sql_.find('}', at_);
    const std::string_view inner =
        end == std::string_view::npos ? std::string_view() : sql_.substr(at_ + 2, end - at_ - 2);
    const size_t colon = inner.find(':');
    if (colon == std::string_view::npos || colon == 0 || inner.find_first_of("\n'`") < colon) {
      out_ += "${";
      at_ += 2;
      return {};
    }
    const std::string_view group = inner.substr(0, colon);
    std::string_view key = inner.substr(colon + 1);
    std::string_view otherwise;
    const size_t dash = key.find(":-");
    if (dash != std::string_view::npos) {
      otherwise = key.substr(dash + 2);
      key = key.substr(0, dash);
    }
    SLUICE_ASSIGN_OR_RETURN(std::string value,
                            ValueOf(group, key, dash == std::string_view::npos ? nullptr : &otherwise));
    for (char c : value) {
      if (quote_ != 0 && c == quote_) out_ += c;
      out_ += c;
    }
    at_ = end + 1;
    return {};
  }

  Result<std::string> ValueOf(std::string_view group, std::string_view key, const std::string_view* otherwise) const {
    auto found = groups_.find(group);
    if (found != groups_.end()) {
      auto property = found->second.find(std::string(key));
      if (property != found->second.end()) return property->second;
    }
    if (otherwise != nullptr) return std::string(*otherwise);
    const TextPosition place = Position();
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("line {}, column {} of the SQL uses ${{{}:{}}}, but {}; add it to the application's "
                             "EnvironmentProperties",
                             place.line, place.column, group, key,
                             found == groups_.end() ? fmt::format("there is no property group '{}'", group)
                                                    : fmt::format("the group '{}' has no property '{}'", group, key)),
                 place);
  }

  std::string_view sql_;
  const PropertyGroups& groups_;
  size_t at_ = 0;
  char quote_ = 0;  // within '…' or `…`: which
  std::string out_;
};

}  // namespace

PropertyGroups ReadPropertyGroups(const json::object& configuration) {
  PropertyGroups out;
  const auto* environment = ObjectAt(configuration, "EnvironmentPropertyDescriptions");
  const auto* groups = environment == nullptr ? nullptr : ArrayAt(*environment, "PropertyGroupDescriptions");
  if (groups == nullptr) return out;
  for (const json::value& group : *groups) {
    if (!group.is_object()) continue;
    auto& properties = out[TextAt(group.as_object(), "PropertyGroupId")];
    if (const auto* map = ObjectAt(group.as_object(), "PropertyMap")) {
      for (const auto& member : *map) properties[std::string(member.key())] = TextAt(*map, member.key());
    }
  }
  return out;
}

Result<std::map<std::string, std::string>> FlinkOptions(const PropertyGroups& groups) {
  auto found = groups.find(kFlinkOptionsGroup);
  if (found == groups.end()) return std::map<std::string, std::string>();
  for (const auto& [key, place] : kElsewhere) {
    if (found->second.contains(std::string(key))) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("the property group {} cannot set {}: that is {}", kFlinkOptionsGroup, key, place));
    }
  }
  return found->second;
}

Result<std::map<std::string, std::string>> RunOptions(const PropertyGroups& groups) {
  auto found = groups.find(kRunGroup);
  if (found == groups.end()) return std::map<std::string, std::string>();
  constexpr std::string_view kKnown[] = {"engine",   "entryClass", "programArgs", "clusterUrl",    "jarUri",
                                         "stateUri", "namespace",  "image",       "serviceAccount"};
  constexpr std::string_view kEngines[] = {"native", "flink", "kubernetes"};
  for (const auto& [key, value] : found->second) {
    const bool known = std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown);
    if (!known ||
        (key == "engine" && std::find(std::begin(kEngines), std::end(kEngines), value) == std::end(kEngines))) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("the property group {} cannot have {} = {}: it knows engine (flink, kubernetes or "
                               "native), entryClass, programArgs, clusterUrl, and for Kubernetes jarUri, stateUri, "
                               "namespace, image, serviceAccount",
                               kRunGroup, key, value));
    }
  }
  return found->second;
}

std::vector<std::string> SplitWords(std::string_view line) {
  std::vector<std::string> out;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
      in_word = true;
    } else if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote == 0 ? c : 0;
      in_word = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (in_word) out.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) out.push_back(std::move(word));
  return out;
}

Result<std::string> FillInVariables(std::string_view sql, const PropertyGroups& groups) {
  return VariableFiller(sql, groups).Run();
}

}  // namespace sluice::service
