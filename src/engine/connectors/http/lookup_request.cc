#include "engine/connectors/http/lookup_request.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "engine/connectors/print/java_text.h"
#include "engine/formats/json/json_tree.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/types/datetime.h"

namespace sluice::engine::http {
namespace {

/// LocalDateTime.toString: no seconds if they are zero, fractions in groups of three digits.
void AppendTimestamp(Timestamp t, std::string& out) {
  const CivilTime c = CivilFromTimestamp(t);
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d", c.date.year, c.date.month, c.date.day, c.hour,
                c.minute);
  out += buffer;
  if (c.second == 0 && c.nano == 0) return;
  std::snprintf(buffer, sizeof buffer, ":%02d", c.second);
  out += buffer;
  if (c.nano == 0) return;
  const int digits = c.nano % 1'000'000 == 0 ? 3 : c.nano % 1'000 == 0 ? 6 : 9;
  std::snprintf(buffer, sizeof buffer, ".%09d", c.nano);
  out.append(buffer, static_cast<size_t>(digits) + 1);
}

/// The toString of Flink's internal value, which is what the connector sends.
void AppendText(const Column& column, size_t row, std::string& out) {
  switch (column.type().kind()) {
    case TypeKind::kDate:
    case TypeKind::kTime: out += std::to_string(column.at<int32_t>(row)); return;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: AppendTimestamp(text::LoadTimestamp(column, column.index(row)), out); return;
    default: AppendJavaText(out, column, row);
  }
}

/// URLEncoder.encode: as forms have it.
std::string FormEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '*') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

/// Name and text of each key, fields of ROW keys on their own; NULLs are left out.
void AppendArguments(const std::string& name, const Column& column, size_t row,
                     std::vector<std::pair<std::string, std::string>>& out) {
  if (column.IsNull(row)) return;
  if (column.type().kind() == TypeKind::kRow) {
    const auto& fields = column.type().fields();
    for (size_t f = 0; f < fields.size(); ++f) AppendArguments(fields[f].name, *column.child(f), row, out);
    return;
  }
  out.emplace_back(name, "");
  AppendText(column, row, out.back().second);
}

Status CheckTextual(const RowField& key) {
  if (key.type.kind() == TypeKind::kRow) {
    for (const RowField& f : key.type.fields()) SLUICE_RETURN_IF_ERROR(CheckTextual(f));
    return {};
  }
  if (!key.type.is_nested() && !key.type.is_binary()) return {};
  return Error(ErrorCode::kNotSupported, "not supported yet: looking up over HTTP by the column '" + key.name +
                                             "' of type " + key.type.ToString(false));
}

Batch OneRow(const std::vector<ColumnPtr>& columns) {
  Batch batch;
  batch.columns = columns;
  batch.length = columns.empty() ? 0 : columns[0]->size();
  return batch;
}

}  // namespace

Result<std::unique_ptr<RequestMaker>> RequestMaker::Make(const LookupOptions& options, Schema keys,
                                                         std::string time_zone) {
  std::unique_ptr<RequestMaker> maker(new RequestMaker(options, std::move(keys)));
  if (options.query != QueryKind::kJson) {
    for (const RowField& key : maker->keys_) SLUICE_RETURN_IF_ERROR(CheckTextual(key));
  }
  for (const auto& [column, place] : options.url_fields) SLUICE_RETURN_IF_ERROR(maker->KeyNamed(column));
  for (const std::string& column : options.query_fields) SLUICE_RETURN_IF_ERROR(maker->KeyNamed(column));
  SLUICE_RETURN_IF_ERROR(maker->PrepareBody(time_zone));
  return maker;
}

Result<int> RequestMaker::KeyNamed(const std::string& name) const {
  for (size_t k = 0; k < keys_.size(); ++k) {
    if (keys_[k].name == name) return static_cast<int>(k);
  }
  std::string known;
  for (const RowField& key : keys_) known += (known.empty() ? "" : ", ") + key.name;
  return Error(ErrorCode::kOption, "The request of the table needs the column '" + name +
                                       "', but the query looks up by " + known + " only.");
}

Status RequestMaker::PrepareBody(const std::string& time_zone) {
  const auto make = [&](const std::vector<int>& which) {
    EncodeRequest request;
    for (const int k : which) request.schema.push_back(keys_[static_cast<size_t>(k)]);
    request.options = options_.request_options;
    request.time_zone = time_zone;
    return options_.request_format->make_encoder(request);
  };
  std::vector<int> all(keys_.size());
  std::iota(all.begin(), all.end(), 0);
  if (options_.query == QueryKind::kJson) {
    body_keys_ = all;
  } else if (options_.query == QueryKind::kJsonUrl) {
    SLUICE_ASSIGN_OR_RETURN(all_, make(all));
    if (options_.method == "GET") return {};
    for (size_t k = 0; k < keys_.size(); ++k) {
      const auto& fields = options_.body_fields;
      if (std::find(fields.begin(), fields.end(), keys_[k].name) != fields.end()) {
        body_keys_.push_back(static_cast<int>(k));
      }
    }
    if (body_keys_.empty()) return {};
  } else {
    return {};
  }
  SLUICE_ASSIGN_OR_RETURN(body_, make(body_keys_));
  return {};
}

Result<std::string> RequestMaker::Query(const std::vector<ColumnPtr>& keys, size_t row) {
  std::vector<std::pair<std::string, std::string>> arguments;
  for (size_t k = 0; k < keys.size(); ++k) AppendArguments(keys_[k].name, *keys[k], row, arguments);
  std::string query;
  if (options_.query == QueryKind::kSearchLite) {
    for (const auto& [name, value] : arguments) {
      query +=
          (query.empty() ? "q=" : "%20AND%20") + net::PercentEncode(name) + ":%22" + net::PercentEncode(value) + "%22";
    }
    return query;
  }
  if (options_.query == QueryKind::kQuery) {
    for (const auto& [name, value] : arguments) {
      query += (query.empty() ? "" : "&") + FormEncode(name) + "=" + FormEncode(value);
    }
    return query;
  }
  if (options_.query_fields.empty()) return query;
  std::string text;
  SLUICE_RETURN_IF_ERROR(all_->Encode(OneRow(keys), row, text));
  json::Document document;
  if (!document.Parse(text)) return Error(ErrorCode::kData, "Unable to parse the lookup arguments to json.");
  for (const std::string& field : options_.query_fields) {
    std::string scratch;
    const json::Node* value = document.Get(document.root(), field);
    const std::string_view content = value == nullptr ? "null" : document.AsText(*value, true, scratch);
    query += (query.empty() ? "" : "&") + field + "=" + FormEncode(content);
  }
  return query;
}

Result<std::string> RequestMaker::Body(const std::vector<ColumnPtr>& keys, size_t row) {
  std::string out;
  if (body_) {
    std::vector<ColumnPtr> columns;
    for (const int k : body_keys_) columns.push_back(keys[static_cast<size_t>(k)]);
    SLUICE_RETURN_IF_ERROR(body_->Encode(OneRow(columns), row, out));
    return out;
  }
  // GetInData's creator sends an object without fields.
  if (options_.query == QueryKind::kJsonUrl && options_.open_brace == "{") return std::string("{}");
  if (options_.body_template.empty()) return out;
  std::string text;
  SLUICE_RETURN_IF_ERROR(all_->Encode(OneRow(keys), row, text));
  json::Document document;
  if (!document.Parse(text)) return Error(ErrorCode::kData, "Unable to parse the lookup arguments to json.");
  std::string_view rest = options_.body_template;
  while (true) {
    const size_t open = rest.find("{{");
    const size_t close = open == std::string_view::npos ? open : rest.find("}}", open);
    if (close == std::string_view::npos) break;
    const std::string_view name = rest.substr(open + 2, close - open - 2);
    const json::Node* value = document.Get(document.root(), name);
    if (value == nullptr) {
      return Error(ErrorCode::kOption, "Template placeholder {{" + std::string(name) +
                                           "}} references a field that does not exist in the lookup row");
    }
    out += rest.substr(0, open);
    document.Write(*value, true, out);
    rest.remove_prefix(close + 2);
  }
  return out + std::string(rest);
}

Result<std::string> RequestMaker::UrlText(const std::vector<ColumnPtr>& keys, size_t row) const {
  std::string url = options_.url;
  for (const auto& [column, place] : options_.url_fields) {
    SLUICE_ASSIGN_OR_RETURN(const int k, KeyNamed(column));
    std::string value;
    AppendText(*keys[static_cast<size_t>(k)], row, value);
    const std::string name = options_.open_brace + place + options_.close_brace;
    if (const size_t at = url.find(name); at != std::string::npos) {
      url.replace(at, name.size(), net::PercentEncode(value, true));
    }
  }
  return url;
}

Status RequestMaker::Fill(std::vector<ColumnPtr> keys, size_t row, net::Url& url, net::HttpRequest& request) {
  request.method = options_.method;
  for (const auto& [name, value] : options_.headers) request.headers.Set(name, value);
  const bool in_query = options_.method == "GET" || options_.query == QueryKind::kJsonUrl;
  SLUICE_ASSIGN_OR_RETURN(std::string text, UrlText(keys, row));
  if (in_query && options_.query != QueryKind::kJson) {
    SLUICE_ASSIGN_OR_RETURN(const std::string query, Query(keys, row));
    if (!query.empty()) text += (text.find('?') == std::string::npos ? "?" : "&") + query;
  }
  if (options_.method != "GET") {
    if (options_.query == QueryKind::kQuery || options_.query == QueryKind::kSearchLite) {
      SLUICE_ASSIGN_OR_RETURN(request.body, Query(keys, row));
    } else {
      SLUICE_ASSIGN_OR_RETURN(request.body, Body(keys, row));
    }
  }
  SLUICE_ASSIGN_OR_RETURN(url, net::ParseUrl(text));
  return {};
}

}  // namespace sluice::engine::http
