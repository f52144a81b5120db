#include "engine/connectors/splits/record_decoder.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace sluice::engine::splits {
namespace {

/// One format's decoder with the columns that it makes.
struct Side {
  std::unique_ptr<Decoder> decoder;
  std::vector<DataType> types;
  bool null_is_a_row = false;  // `raw` reads a null message as NULL

  std::vector<ColumnPtr> NewColumns() const {
    std::vector<ColumnPtr> columns;
    columns.reserve(types.size());
    for (const DataType& type : types) columns.push_back(Column::Make(type, 0));
    return columns;
  }
};

/// Rows of one side: columns, kinds, and which record each row is of.
struct SideRows {
  std::vector<ColumnPtr> columns;
  std::vector<RowKind> kinds;
  std::vector<uint32_t> records;
  size_t rows = 0;

  void AppendNullRow(uint32_t record) {
    for (ColumnPtr& column : columns) column->AppendNull();
    records.push_back(record);
    ++rows;
  }
};

/// Where an output column comes from.
struct Source {
  enum Kind : uint8_t { kValue, kKey, kConnector } kind = kValue;
  size_t index = 0;     // decoded column, or index into table.metadata
  int key_column = -1;  // the same column of the key, for rows without a value
};

bool OneLine(std::string_view text) {
  return !text.empty() && text.back() != '\r' && std::memchr(text.data(), '\n', text.size()) == nullptr;
}

/// The payloads in one buffer, a line each.
std::shared_ptr<Buffer> Together(std::span<const Record> records, std::optional<std::string_view> Record::*part,
                                 std::vector<size_t>& ends) {
  size_t size = 0;
  for (const Record& r : records) size += (r.*part ? (r.*part)->size() : 0) + 1;
  auto chunk = std::make_shared<Buffer>(size + Decoder::kPadding);
  char* to = chunk->data();
  ends.clear();
  ends.reserve(records.size());
  for (const Record& r : records) {
    if (r.*part && !(r.*part)->empty()) {
      std::memcpy(to, (r.*part)->data(), (r.*part)->size());
      to += (r.*part)->size();
    }
    ends.push_back(static_cast<size_t>(to - chunk->data()));
    *to++ = '\n';
  }
  std::memset(to, 0, Decoder::kPadding);
  return chunk;
}

class Impl final : public RecordDecoder {
 public:
  Status Prepare(const SourceNode& node, const Schema& output, const RecordLayout& layout,
                 const std::string& time_zone) {
    upsert_ = layout.upsert;
    keyed_ = layout.key_format != nullptr;
    DecodeRequest value = RequestOf(node.table, layout.value_fields, layout.value_options, time_zone, "");
    DecodeRequest key = RequestOf(node.table, layout.key_fields, layout.key_options, time_zone, layout.key_prefix);
    for (size_t k = 0; k < node.projection.size(); ++k) {
      const std::vector<int>& path = node.projection[k];
      const int in_value = PlaceOf(layout.value_fields, path[0]);
      const int in_key = keyed_ ? PlaceOf(layout.key_fields, path[0]) : -1;
      Source source;
      if (in_key >= 0 && (in_value < 0 || upsert_)) source.key_column = AddPath(key, in_key, path, output[k].type);
      if (in_value >= 0) {
        source.index = static_cast<size_t>(AddPath(value, in_value, path, output[k].type));
      } else if (in_key >= 0) {
        source.kind = Source::kKey;
        source.index = static_cast<size_t>(source.key_column);
      } else {
        return Error(ErrorCode::kNotSupported, "not supported yet: the column '" +
                                                   node.table.physical[static_cast<size_t>(path[0])].name +
                                                   "' stands neither in the message's key nor in its value");
      }
      sources_.push_back(source);
    }
    value_.types = value.types;
    for (size_t m = 0; m < node.table.metadata.size() && sources_.size() < output.size(); ++m) {
      const std::string& name = node.table.metadata[m].key;
      Source source{Source::kConnector, m, -1};
      if (name.starts_with("value.")) {
        source = {Source::kValue, value_.types.size(), -1};
        value.metadata_keys.push_back(name.substr(6));
        value_.types.push_back(output[sources_.size()].type);
      }
      sources_.push_back(source);
    }
    INVARIANT(sources_.size() == output.size(), "a source's output is not its projection and metadata");
    reads_keys_ = keyed_;
    key_.types = key.types;
    SLUICE_RETURN_IF_ERROR(MakeSide(*layout.value_format, value, value_));
    return keyed_ ? MakeSide(*layout.key_format, key, key_) : Status();
  }

  Result<Batch> Decode(std::span<const Record> records, const MetadataColumn& metadata, size_t* failed) override {
    SideRows values;
    SLUICE_RETURN_IF_ERROR(DecodeSide(value_, records, &Record::value, upsert_, values, failed));
    Batch batch;
    RowOrigins origins;
    std::vector<ColumnPtr> keys;
    if (reads_keys_) {
      SideRows key_rows;
      SLUICE_RETURN_IF_ERROR(DecodeSide(key_, records, &Record::key, false, key_rows, failed));
      SLUICE_RETURN_IF_ERROR(Join(records, values, key_rows));
      keys = std::move(key_rows.columns);
    }
    origins.rows = batch.length = values.rows;
    origins.records = std::move(values.records);
    CountSkipped(records.size(), origins);
    if (upsert_) MarkDeletes(records, origins, values.kinds);
    batch.kinds = std::move(values.kinds);
    for (const Source& source : sources_) {
      if (source.kind == Source::kConnector) {
        SLUICE_ASSIGN_OR_RETURN(ColumnPtr column, metadata(source.index, origins));
        batch.columns.push_back(std::move(column));
        continue;
      }
      ColumnPtr column = source.kind == Source::kKey ? keys[source.index] : values.columns[source.index];
      if (source.kind == Source::kValue && source.key_column >= 0) {
        FillFromKey(records, origins, *keys[static_cast<size_t>(source.key_column)], column);
      }
      batch.columns.push_back(std::move(column));
    }
    return batch;
  }

 private:
  static int PlaceOf(const std::vector<int>& fields, int column) {
    const auto it = std::find(fields.begin(), fields.end(), column);
    return it == fields.end() ? -1 : static_cast<int>(it - fields.begin());
  }

  static DecodeRequest RequestOf(const TableDescription& table, const std::vector<int>& fields,
                                 const OptionMap& options, const std::string& time_zone, std::string_view prefix) {
    DecodeRequest request;
    for (const int f : fields) {
      request.physical.push_back(table.physical[static_cast<size_t>(f)]);
      if (request.physical.back().name.starts_with(prefix)) request.physical.back().name.erase(0, prefix.size());
    }
    request.options = options;
    request.time_zone = time_zone;
    return request;
  }

  static int AddPath(DecodeRequest& request, int field, std::vector<int> path, const DataType& type) {
    path[0] = field;
    request.paths.push_back(std::move(path));
    request.types.push_back(type);
    return static_cast<int>(request.paths.size()) - 1;
  }

  static Status MakeSide(const Format& format, const DecodeRequest& request, Side& side) {
    if (format.make_decoder == nullptr) {
      return Error(ErrorCode::kNotSupported, "not supported yet: reading the format '" + format.descriptor.name + "'");
    }
    side.null_is_a_row = format.descriptor.name == "raw";
    SLUICE_ASSIGN_OR_RETURN(side.decoder, format.make_decoder(request));
    return {};
  }

  /// All payloads of one side. `null_rows`: a null payload makes a row of NULLs.
  static Status DecodeSide(Side& side, std::span<const Record> records, std::optional<std::string_view> Record::*part,
                           bool null_rows, SideRows& out, size_t* failed) {
    out.columns = side.NewColumns();
    std::vector<size_t> ends;
    const std::shared_ptr<const Buffer> chunk = Together(records, part, ends);
    const bool lines = side.decoder->line_framed() && std::all_of(records.begin(), records.end(), [&](const Record& r) {
                         return r.*part && OneLine(*(r.*part));
                       });
    if (lines && !records.empty()) {
      const int64_t before = side.decoder->rows_made();
      const Result<size_t> taken =
          side.decoder->Decode(chunk, 0, ends.back() + 1, true, records.size() + 1, out.columns, out.kinds);
      out.rows = static_cast<size_t>(side.decoder->rows_made() - before);
      // A record may make no row, or several, or fail: then each is looked at on its own.
      if (taken.ok() && *taken == ends.back() + 1 && out.rows == records.size()) return {};
      out = SideRows();
      out.columns = side.NewColumns();
    }
    size_t begin = 0;
    for (size_t i = 0; i < records.size(); ++i) {
      const bool null = !(records[i].*part);
      if (null && (null_rows || side.null_is_a_row)) {
        out.AppendNullRow(static_cast<uint32_t>(i));
        if (!out.kinds.empty()) out.kinds.push_back(RowKind::kInsert);
      } else if (!null) {
        const int64_t before = side.decoder->rows_made();
        Status status = side.decoder->DecodeMessage(chunk, begin, ends[i], out.columns, out.kinds);
        if (!status.ok()) {
          *failed = i;
          return status;
        }
        const auto made = static_cast<size_t>(side.decoder->rows_made() - before);
        out.records.insert(out.records.end(), made, static_cast<uint32_t>(i));
        out.rows += made;
      }
      begin = ends[i] + 1;
    }
    return {};
  }

  /// A row for each pair of a record's value rows and its key rows; both sides' columns are brought in step.
  static Status Join(std::span<const Record> records, SideRows& values, SideRows& keys) {
    if (values.records.empty() && keys.records.empty() && values.rows == records.size() &&
        keys.rows == records.size()) {
      return {};
    }
    auto fill = [](SideRows& side) {
      if (!side.records.empty() || side.rows == 0) return;
      side.records.resize(side.rows);
      std::iota(side.records.begin(), side.records.end(), 0u);
    };
    fill(values);
    fill(keys);
    std::vector<uint32_t> value_rows, key_rows, origins;
    size_t k = 0;
    for (size_t v = 0; v < values.rows; ++v) {
      while (k < keys.rows && keys.records[k] < values.records[v]) ++k;
      for (size_t same = k; same < keys.rows && keys.records[same] == values.records[v]; ++same) {
        value_rows.push_back(static_cast<uint32_t>(v));
        key_rows.push_back(static_cast<uint32_t>(same));
        origins.push_back(values.records[v]);
      }
    }
    for (ColumnPtr& column : values.columns) column = Column::Gather(*column, value_rows.data(), value_rows.size());
    for (ColumnPtr& column : keys.columns) column = Column::Gather(*column, key_rows.data(), key_rows.size());
    if (!values.kinds.empty()) {
      std::vector<RowKind> kinds;
      for (const uint32_t v : value_rows) kinds.push_back(values.kinds[v]);
      values.kinds = std::move(kinds);
    }
    values.rows = keys.rows = origins.size();
    values.records = std::move(origins);
    return {};
  }

  void CountSkipped(size_t records, const RowOrigins& origins) {
    if (origins.records.empty()) {
      skipped_ += static_cast<int64_t>(records - std::min(records, origins.rows));
      return;
    }
    size_t seen = 0;
    for (size_t i = 0; i < origins.records.size(); ++i) {
      seen += i == 0 || origins.records[i] != origins.records[i - 1] ? 1 : 0;
    }
    skipped_ += static_cast<int64_t>(records - seen);
  }

  static void MarkDeletes(std::span<const Record> records, const RowOrigins& origins, std::vector<RowKind>& kinds) {
    kinds.assign(origins.rows, RowKind::kInsert);
    for (size_t i = 0; i < origins.rows; ++i) {
      if (!records[origins[i]].value) kinds[i] = RowKind::kDelete;
    }
  }

  static void FillFromKey(std::span<const Record> records, const RowOrigins& origins, const Column& key,
                          const ColumnPtr& column) {
    for (size_t i = 0; i < origins.rows; ++i) {
      if (records[origins[i]].value) continue;
      column->CopyRow(i, key, i);
      if (!key.IsNull(i)) column->SetValid(i);
    }
    column->RetainBuffersOf(key);
  }

  bool upsert_ = false, keyed_ = false, reads_keys_ = false;
  Side value_, key_;
  std::vector<Source> sources_;
};

}  // namespace

RecordLayout PlainLayout(const TableDescription& table, const Format& format, OptionMap options) {
  RecordLayout layout;
  layout.value_format = &format;
  layout.value_options = std::move(options);
  for (size_t i = 0; i < table.physical.size(); ++i) layout.value_fields.push_back(static_cast<int>(i));
  return layout;
}

Result<std::unique_ptr<RecordDecoder>> RecordDecoder::Make(const SourceNode& node, const Schema& output,
                                                           const RecordLayout& layout, const std::string& time_zone) {
  auto decoder = std::make_unique<Impl>();
  SLUICE_RETURN_IF_ERROR(decoder->Prepare(node, output, layout, time_zone));
  return std::unique_ptr<RecordDecoder>(std::move(decoder));
}

}  // namespace sluice::engine::splits
