// Decoding and encoding in tests: columns in, displayed rows out.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "engine/columnar/display.h"
#include "engine/formats/format.h"

namespace sluice::engine::test {

inline std::shared_ptr<Buffer> Chunk(std::string_view text) {
  auto chunk = std::make_shared<Buffer>(text.size() + Decoder::kPadding);
  std::memcpy(chunk->data(), text.data(), text.size());
  std::memset(chunk->data() + text.size(), 0, Decoder::kPadding);
  return chunk;
}

/// One line a row, fields separated by '|', changelog kinds in front if there are; after a failure "ERROR message".
/// `step`: bytes handed over at a time, to meet every cut.
inline std::vector<std::string> DecodeAll(const Format& format, const Schema& schema, const OptionMap& options,
                                          std::string_view text, std::vector<std::vector<int>> paths = {},
                                          size_t step = 0) {
  DecodeRequest request;
  request.physical = schema;
  request.options = options;
  if (paths.empty()) {
    for (size_t i = 0; i < schema.size(); ++i) paths.push_back({static_cast<int>(i)});
  }
  request.paths = paths;
  for (const auto& path : paths) {
    DataType type = schema[static_cast<size_t>(path[0])].type;
    for (size_t k = 1; k < path.size(); ++k) type = type.child(static_cast<size_t>(path[k]));
    request.types.push_back(type);
  }
  auto decoder = format.make_decoder(request);
  if (!decoder.ok()) return {"ERROR " + decoder.error().message()};
  std::vector<ColumnPtr> columns;
  std::vector<RowKind> kinds;
  for (const DataType& type : request.types) columns.push_back(Column::Make(type, 0));
  std::string failure;
  for (size_t begin = 0, end = 0; failure.empty();) {
    end = step == 0 ? text.size() : std::min(text.size(), end + step);
    // Only what has arrived is in the buffer.
    const auto chunk = Chunk(text.substr(begin, end - begin));
    auto taken = (*decoder)->Decode(chunk, 0, end - begin, end == text.size(), 1000, columns, kinds);
    if (!taken.ok())
      failure = "ERROR " + taken.error().message();
    else
      begin += *taken;
    if (end == text.size()) break;
  }
  std::vector<std::string> rows;
  const size_t count = columns.empty() ? static_cast<size_t>((*decoder)->rows_made()) : columns[0]->size();
  for (size_t i = 0; i < count; ++i) {
    std::string row = kinds.empty() ? "" : std::string(RowKindText(kinds[i])) + " ";
    for (size_t c = 0; c < columns.size(); ++c) {
      if (c > 0) row += "|";
      AppendText(row, *columns[c], i, *TimeZone::Utc());
    }
    rows.push_back(row);
  }
  if (!failure.empty()) rows.push_back(failure);
  return rows;
}

}  // namespace sluice::engine::test
