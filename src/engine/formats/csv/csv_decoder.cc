#include "engine/formats/csv/csv_decoder.h"

#include "engine/formats/csv/csv_convert.h"
#include "engine/formats/csv/csv_options.h"
#include "engine/formats/csv/csv_records.h"

namespace sluice::engine::csv {
namespace {

class CsvDecoder : public Decoder {
 public:
  CsvDecoder(const DecodeRequest& request, const CsvOptions& options)
      : schema_(request.physical), paths_(request.paths), options_(options), splitter_(options_) {
    std::vector<bool> read(schema_.size(), false);
    for (const std::vector<int>& path : paths_) read[static_cast<size_t>(path[0])] = true;
    for (bool r : read) fields_read_ += r ? 1 : 0;
  }

  /// Quoted fields may hold line ends, so a file cannot be cut at just any line.
  bool line_framed() const override { return false; }

  Result<size_t> Decode(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end, bool last,
                        size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>&) override {
    const char* const start = chunk->data() + begin;
    const char* const limit = chunk->data() + end;
    const char* p = start;
    size_t rows = 0;
    while (p < limit && rows < max_rows) {
      const RecordState state = splitter_.Next(&p, limit, last);
      if (state == RecordState::kIncomplete) break;
      if (state == RecordState::kRecord) {
        SLUICE_ASSIGN_OR_RETURN(const bool made, AppendRow(chunk, columns));
        if (made) {
          ++rows;
          ++rows_made_;
        }
      } else if (state == RecordState::kBroken && !options_.ignore_parse_errors) {
        return Error(ErrorCode::kData, "Failed to deserialize CSV. " + splitter_.error());
      }
      ++records_seen_;
    }
    return static_cast<size_t>(p - start);
  }

  Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                       std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) override {
    SLUICE_RETURN_IF_ERROR(Decode(chunk, begin, end, true, 1, columns, kinds));
    return {};
  }

 private:
  /// One more field than the table has, and nothing in it: "1,2,".
  bool OnlyTrailingDelimiter(const std::vector<std::string_view>& fields) const {
    return fields.size() == schema_.size() + 1 && fields.back().find_first_not_of(" \t") == std::string_view::npos;
  }

  /// False if the record is left out.
  Result<bool> AppendRow(const std::shared_ptr<const Buffer>& chunk, std::vector<ColumnPtr>& columns) {
    const std::vector<std::string_view>& fields = splitter_.fields();
    if (fields.size() > schema_.size() && !OnlyTrailingDelimiter(fields)) {
      if (options_.ignore_parse_errors) return false;
      const std::string_view extra = fields[schema_.size()];
      return Error(ErrorCode::kData, "Failed to deserialize CSV. Too many entries: expected at most " +
                                         std::to_string(schema_.size()) + " (value #" + std::to_string(schema_.size()) +
                                         " (" + std::to_string(extra.size()) + " chars) \"" + std::string(extra) +
                                         "\")");
    }
    if (fields.size() < fields_read_ && !options_.ignore_parse_errors) {
      return Error(ErrorCode::kData, "Failed to deserialize CSV row. Row length mismatch. " +
                                         std::to_string(fields_read_) + " fields expected but was " +
                                         std::to_string(fields.size()) + ".");
    }
    for (size_t c = 0; c < columns.size(); ++c) {
      Column& column = *columns[c];
      const size_t i = column.size();
      column.Resize(i + 1);
      const auto field = static_cast<size_t>(paths_[c][0]);
      if (field >= fields.size()) {
        column.SetNull(i);
        continue;
      }
      std::string error;
      const bool ok = paths_[c].size() == 1 ? ConvertField(fields[field], options_, chunk, column, i, &error)
                                            : AppendPart(fields[field], paths_[c], chunk, column, i, &error);
      if (!ok) {
        for (size_t k = 0; k <= c; ++k) columns[k]->Resize(columns[k]->size() - 1);
        return Error(ErrorCode::kData, "Failed to deserialize CSV row. Fail to deserialize at field: " +
                                           schema_[field].name + ". " + error);
      }
    }
    return true;
  }

  /// A part of a ROW field: the whole is converted beside the output.
  bool AppendPart(std::string_view text, const std::vector<int>& path, const std::shared_ptr<const Buffer>& chunk,
                  Column& column, size_t i, std::string* error) {
    const ColumnPtr whole = Column::Make(schema_[static_cast<size_t>(path[0])].type, 1);
    if (!ConvertField(text, options_, chunk, *whole, 0, error)) return false;
    const Column* part = whole.get();
    bool null = part->IsNull(0);
    for (size_t k = 1; k < path.size() && !null; ++k) {
      part = part->child(static_cast<size_t>(path[k])).get();
      null = part->IsNull(0);
    }
    if (null) {
      column.SetNull(i);
    } else {
      column.CopyRow(i, *part, 0);
    }
    return true;
  }

  const Schema schema_;
  const std::vector<std::vector<int>> paths_;
  const CsvOptions options_;
  RecordSplitter splitter_;
  size_t fields_read_ = 0;
};

}  // namespace

Result<std::unique_ptr<Decoder>> MakeCsvDecoder(const DecodeRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const CsvOptions options, ReadCsvOptions(request.options));
  SLUICE_RETURN_IF_ERROR(CheckCsvSchema(request.physical));
  return std::unique_ptr<Decoder>(std::make_unique<CsvDecoder>(request, options));
}

}  // namespace sluice::engine::csv
