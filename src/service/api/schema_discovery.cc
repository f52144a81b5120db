#include "service/api/schema_discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace sluice::service {
namespace {

namespace json = boost::json;

constexpr size_t kMaxColumns = 1000;
constexpr size_t kMaxDepth = 8;

/// What the values of one column have in common.
struct ColumnKind {
  bool any = false;  // there was a value that is not null
  bool boolean = true;
  bool integer = true;
  bool number = true;
  bool timestamp = true;
  bool wide = false;     // an integer over 32 bits
  bool precise = false;  // more digits than a REAL has
  size_t longest = 0;    // in characters
};

/// "2024-01-31 12:00:00", "2024-01-31T12:00:00.123".
bool LooksLikeTimestamp(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd";
  if (text.size() < kForm.size() || text.size() > 29) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    const char c = text[i];
    const bool fits = kForm[i] == 'd' ? c >= '0' && c <= '9' : kForm[i] == ' ' ? c == ' ' || c == 'T' : c == kForm[i];
    if (!fits) return false;
  }
  for (size_t i = kForm.size(); i < text.size(); ++i) {
    if (i == kForm.size() ? text[i] != '.' : text[i] < '0' || text[i] > '9') return false;
  }
  return text.size() != kForm.size() + 1;
}

size_t CountDigits(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void NoteText(std::string_view text, ColumnKind* kind) {
  kind->any = true;
  kind->boolean = kind->integer = kind->number = false;
  kind->timestamp = kind->timestamp && LooksLikeTimestamp(text);
  kind->longest = std::max(kind->longest, CountCharacters(text));
}

void NoteInteger(int64_t value, ColumnKind* kind) {
  kind->any = true;
  kind->boolean = kind->timestamp = false;
  kind->wide = kind->wide || value > INT32_MAX || value < INT32_MIN;
  kind->longest = std::max(kind->longest, std::to_string(value).size());
}

void NoteNumber(std::string_view text, ColumnKind* kind) {
  kind->any = true;
  kind->boolean = kind->timestamp = kind->integer = false;
  kind->precise = kind->precise || CountDigits(text) > 7;
  kind->longest = std::max(kind->longest, text.size());
}

/// The smallest of the usual lengths that holds what was seen.
std::string SqlType(const ColumnKind& kind) {
  if (kind.any && kind.boolean) return "BOOLEAN";
  if (kind.any && kind.integer) return kind.wide ? "BIGINT" : "INTEGER";
  if (kind.any && kind.number) return kind.precise ? "DOUBLE" : "REAL";
  if (kind.any && kind.timestamp) return "TIMESTAMP";
  size_t length = 4;
  while (length < kind.longest && length < 65536) length *= 2;
  return fmt::format("VARCHAR({})", std::min<size_t>(length, 65535));
}

/// Names that a SQL statement could not use as they are.
constexpr std::string_view kReserved[] = {
    "ALL",  "AND",  "AS",     "BY",    "CASE",  "DATE",      "DAY",  "FROM",  "GROUP",  "HOUR",  "IN",     "INTO",
    "JOIN", "LEFT", "MINUTE", "MONTH", "NOT",   "NULL",      "ON",   "OR",    "ORDER",  "RIGHT", "SECOND", "SELECT",
    "SET",  "TIME", "TABLE",  "TO",    "UNION", "TIMESTAMP", "USER", "VALUE", "VALUES", "WHERE", "WITH",   "YEAR"};

std::string ColumnName(std::string_view path, std::set<std::string>* taken) {
  std::string name;
  for (char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    name += plain ? c : '_';
  }
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  const bool reserved = std::find(std::begin(kReserved), std::end(kReserved), upper) != std::end(kReserved);
  if (reserved || name.empty() || (name[0] >= '0' && name[0] <= '9')) name = "COL_" + name;
  if (name.size() > 200) name.resize(200);
  std::string unique = name;
  for (int i = 2; !taken->insert(unique).second; ++i) unique = fmt::format("{}_{}", name, i);
  return unique;
}

std::string Shown(const json::value& value) {
  if (value.is_null()) return "null";
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

struct JsonColumn {
  std::string mapping;
  ColumnKind kind;
};
using JsonRow = std::vector<std::pair<std::string, std::string>>;  // mapping → text

/// The scalars of an object, those of objects in it with their path.
void NoteObject(const json::object& object, const std::string& path, size_t depth, std::vector<JsonColumn>* columns,
                JsonRow* row) {
  for (const auto& member : object) {
    const std::string mapping = path + "." + std::string(member.key());
    const json::value& value = member.value();
    if (value.is_object() && depth < kMaxDepth) {
      NoteObject(value.as_object(), mapping, depth + 1, columns, row);
      continue;
    }
    auto column = std::find_if(columns->begin(), columns->end(), [&](const auto& c) { return c.mapping == mapping; });
    if (column == columns->end()) {
      if (columns->size() >= kMaxColumns) continue;
      columns->push_back({mapping, {}});
      column = columns->end() - 1;
    }
    const std::string text = Shown(value);
    if (value.is_bool()) {
      column->kind.any = true;
      column->kind.integer = column->kind.number = column->kind.timestamp = false;
      column->kind.longest = std::max(column->kind.longest, text.size());
    } else if (value.is_int64()) {
      NoteInteger(value.as_int64(), &column->kind);
    } else if (value.is_number()) {
      NoteNumber(text, &column->kind);
    } else if (!value.is_null()) {
      NoteText(text, &column->kind);
    }
    row->emplace_back(mapping, text);
  }
}

/// The objects of a record: one, several behind each other, or those of an array.
bool CollectObjects(std::string_view record, std::vector<json::object>* out, bool* array) {
  json::stream_parser parser;
  boost::system::error_code ec;
  const size_t before = out->size();
  while (true) {
    const size_t at = record.find_first_not_of(" \t\r\n");
    if (at == std::string_view::npos) return out->size() > before;
    record.remove_prefix(at);
    parser.reset();
    const size_t used = parser.write_some(record.data(), record.size(), ec);
    if (ec || !parser.done()) return false;
    record.remove_prefix(used);
    json::value value = parser.release();
    if (value.is_object()) {
      out->push_back(std::move(value.as_object()));
    } else if (value.is_array() && !value.as_array().empty()) {
      *array = true;
      for (json::value& element : value.as_array()) {
        if (!element.is_object()) return false;
        out->push_back(std::move(element.as_object()));
      }
    } else {
      return false;
    }
  }
}

std::optional<DiscoveredSchema> DiscoverJson(const std::vector<std::string>& records) {
  std::vector<json::object> objects;
  bool array = false;
  for (const std::string& record : records) {
    if (!CollectObjects(record, &objects, &array)) return std::nullopt;
  }
  std::vector<JsonColumn> columns;
  std::vector<JsonRow> rows;
  const std::string root = array ? "$[0:]" : "$";
  for (const json::object& object : objects) {
    rows.emplace_back();
    NoteObject(object, root, 0, &columns, &rows.back());
  }
  if (columns.empty()) return std::nullopt;
  DiscoveredSchema out;
  std::set<std::string> names;
  json::array described;
  for (const JsonColumn& column : columns) {
    described.push_back(json::object{{"Name", ColumnName(column.mapping.substr(root.size() + 1), &names)},
                                     {"Mapping", column.mapping},
                                     {"SqlType", SqlType(column.kind)}});
  }
  for (const JsonRow& row : rows) {
    out.rows.emplace_back();
    for (const JsonColumn& column : columns) {
      auto field = std::find_if(row.begin(), row.end(), [&](const auto& f) { return f.first == column.mapping; });
      out.rows.back().push_back(field == row.end() ? "null" : field->second);
    }
  }
  out.schema = {
      {"RecordFormat",
       {{"RecordFormatType", "JSON"}, {"MappingParameters", {{"JSONMappingParameters", {{"RecordRowPath", root}}}}}}},
      {"RecordEncoding", "UTF-8"},
      {"RecordColumns", std::move(described)}};
  return out;
}

/// The fields of a line; quotes ("a ""b""") are taken off.
std::vector<std::string> SplitCsv(std::string_view line, char delimiter) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c != '"') {
        out.back() += c;
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        out.back() += line[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && out.back().empty()) {
      quoted = true;
    } else if (c == delimiter) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

void NoteField(const std::string& text, ColumnKind* kind) {
  if (text.empty()) return;
  if (text == "true" || text == "false") {
    kind->any = true;
    kind->integer = kind->number = kind->timestamp = false;
    kind->longest = std::max(kind->longest, text.size());
    return;
  }
  char* end = nullptr;
  errno = 0;
  const double number = std::strtod(text.c_str(), &end);
  const bool is_number = *end == '\0' && std::isfinite(number) && text.find_first_of("xXnN ") == std::string::npos;
  if (!is_number) return NoteText(text, kind);
  if (text.find_first_of(".eE") != std::string::npos || text.size() > 18) return NoteNumber(text, kind);
  NoteInteger(std::strtoll(text.c_str(), nullptr, 10), kind);
}

ColumnKind KindOf(const std::vector<std::vector<std::string>>& rows, size_t column, size_t from) {
  ColumnKind kind;
  for (size_t i = from; i < rows.size(); ++i) NoteField(rows[i][column], &kind);
  return kind;
}

bool IsText(const ColumnKind& kind) { return SqlType(kind).starts_with("VARCHAR"); }

/// The first line names the columns if it has only texts while a column below has something else.
bool HasHeader(const std::vector<std::vector<std::string>>& rows) {
  if (rows.size() < 2) return false;
  bool differs = false;
  for (size_t i = 0; i < rows[0].size(); ++i) {
    ColumnKind first;
    NoteField(rows[0][i], &first);
    if (!first.any || !IsText(first)) return false;
    differs = differs || !IsText(KindOf(rows, i, 1));
  }
  return differs;
}

std::optional<DiscoveredSchema> DescribeCsv(std::vector<std::vector<std::string>> rows, char delimiter,
                                            std::string_view row_delimiter) {
  const bool header = HasHeader(rows);
  std::set<std::string> names;
  json::array columns;
  for (size_t i = 0; i < rows[0].size(); ++i) {
    columns.push_back(json::object{{"Name", header ? ColumnName(rows[0][i], &names) : fmt::format("COL_{}", i)},
                                   {"SqlType", SqlType(KindOf(rows, i, header ? 1 : 0))}});
  }
  if (header) rows.erase(rows.begin());
  DiscoveredSchema out;
  out.schema = {{"RecordFormat",
                 {{"RecordFormatType", "CSV"},
                  {"MappingParameters",
                   {{"CSVMappingParameters",
                     {{"RecordRowDelimiter", row_delimiter}, {"RecordColumnDelimiter", std::string(1, delimiter)}}}}}}},
                {"RecordEncoding", "UTF-8"},
                {"RecordColumns", std::move(columns)}};
  out.rows = std::move(rows);
  return out;
}

bool IsPlainText(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\r' || c == '\n';
  });
}

std::optional<DiscoveredSchema> DiscoverCsv(const std::vector<std::string>& records) {
  std::vector<std::string> lines;
  bool carriage_returns = false;
  for (const std::string& record : records) {
    if (!IsPlainText(record)) return std::nullopt;
    size_t begin = 0;
    while (begin < record.size()) {
      size_t end = std::min(record.find('\n', begin), record.size());
      std::string line = record.substr(begin, end - begin);
      begin = end + 1;
      if (line.ends_with('\r')) {
        carriage_returns = true;
        line.pop_back();
      }
      if (!line.empty()) lines.push_back(std::move(line));
    }
  }
  if (lines.empty()) return std::nullopt;
  for (char delimiter : {',', '|', '\t', ';', ' '}) {
    std::vector<std::vector<std::string>> rows;
    for (const std::string& line : lines) rows.push_back(SplitCsv(line, delimiter));
    const size_t width = rows[0].size();
    const bool even = std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return row.size() == width; });
    if (even && width > 1 && width <= kMaxColumns) {
      return DescribeCsv(std::move(rows), delimiter, carriage_returns ? "\r\n" : "\n");
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<DiscoveredSchema> DiscoverSchema(const std::vector<std::string>& records) {
  if (records.empty()) return std::nullopt;
  if (auto json = DiscoverJson(records)) return json;
  // Text that begins like JSON but is none would make an odd CSV.
  const size_t first = records[0].find_first_not_of(" \t\r\n");
  if (first == std::string::npos || records[0][first] == '{' || records[0][first] == '[') return std::nullopt;
  return DiscoverCsv(records);
}

}  // namespace sluice::service
