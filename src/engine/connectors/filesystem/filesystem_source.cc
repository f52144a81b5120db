#include "engine/connectors/filesystem/filesystem_source.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/connectors/filesystem/source_position.h"
#include "engine/connectors/filesystem/split_reader.h"
#include "engine/connectors/filesystem/storage.h"
#include "engine/connectors/options/format_options.h"
#include "engine/formats/text/option_text.h"
#include "engine/functions/function.h"
#include "engine/functions/program.h"
#include "engine/functions/regex.h"

namespace sluice::engine::filesystem {
namespace {

/// Files from this size on are read by several subtasks, if there are.
constexpr uint64_t kDivideBytes = uint64_t{8} << 20;
/// With a limit, Flink still reads (and so checks) this many records at a time (DeserializationSchemaAdapter).
constexpr size_t kReadWithLimit = 100;

/// Where an output column comes from.
struct Origin {
  enum Kind : uint8_t { kDecoded, kPartition, kMetadata } kind = kDecoded;
  int index = 0;     // decoded column
  std::string name;  // partition key or metadata key
};

class FilesystemSource : public Source {
 public:
  FilesystemSource(const SourceNode& node, Schema output, const ConnectorEnvironment& environment)
      : node_(node), output_(std::move(output)), environment_(environment) {}

  Status Prepare() {
    const OptionMap& options = node_.table.options;
    SLUICE_ASSIGN_OR_RETURN(Location location, Resolve(text::StringOption(options, "path", ""), environment_));
    storage_ = std::move(location.storage);
    path_ = std::move(location.path);
    pattern_ = text::StringOption(options, "source.path.regex-pattern", "");
    default_name_ = text::StringOption(options, "partition.default-name", "__DEFAULT_PARTITION__");
    SLUICE_ASSIGN_OR_RETURN(monitor_ms_, text::DurationOption(options, "source.monitor-interval"));
    return PrepareDecoder();
  }

  Status Open(const TaskContext& context) override {
    context_ = &context;
    return {};
  }

  Result<PollResult> Poll(Output& out) override {
    if (!scanned_) SLUICE_RETURN_IF_ERROR(Scan());
    if (node_.limit >= 0 && Emitted() >= node_.limit) return PollResult{PollState::kEnd};
    while (true) {
      if (!reader_) {
        if (at_.splits.empty()) return Exhausted();
        SLUICE_ASSIGN_OR_RETURN(reader_, OpenSplit(at_.splits.front()));
        SLUICE_RETURN_IF_ERROR(OpenConstants(at_.splits.front()));
      }
      std::vector<ColumnPtr> decoded;
      for (const DataType& type : decoded_types_) decoded.push_back(Column::Make(type, 0));
      Batch batch;
      size_t rows = 0;
      size_t wanted = context_->batch_rows;
      const auto left = static_cast<size_t>(std::max<int64_t>(0, node_.limit - Emitted()));
      if (node_.limit >= 0) wanted = std::min(wanted, std::max(left, kReadWithLimit));
      SLUICE_ASSIGN_OR_RETURN(const bool more, reader_->Read(wanted, decoded, batch.kinds, &rows));
      if (node_.limit >= 0 && rows > left) {
        rows = left;
        for (ColumnPtr& column : decoded) column->Resize(rows);
        if (!batch.kinds.empty()) batch.kinds.resize(rows);
      }
      at_.splits.front().offset = reader_->offset();
      if (rows > 0) Assemble(decoded, rows, batch);
      if (!more) {
        reader_.reset();
        if (monitor_ms_) at_.done.insert(at_.splits.front().path);
        at_.splits.pop_front();
      }
      if (rows == 0) continue;
      at_.emitted += static_cast<int64_t>(rows);
      SLUICE_RETURN_IF_ERROR(out.Emit(std::move(batch)));
      return PollResult{PollState::kMore};
    }
  }

  Result<std::string> SnapshotPosition() override {
    // A subtask that has not looked yet would have nothing to read after a restore.
    if (!scanned_) SLUICE_RETURN_IF_ERROR(Scan());
    return EncodeSourcePosition(at_);
  }

  Status RestorePositions(const std::vector<std::string>& positions) override {
    std::vector<SourcePosition> all;
    for (const std::string& bytes : positions) {
      SLUICE_ASSIGN_OR_RETURN(SourcePosition position, DecodeSourcePosition(bytes));
      all.push_back(std::move(position));
    }
    if (all.empty()) return {};
    const auto subtask = static_cast<size_t>(context_->subtask), subtasks = static_cast<size_t>(context_->parallelism);
    if (all.size() == subtasks) {
      at_ = std::move(all[subtask]);
    } else {
      at_ = DividePositions(all, {subtask, subtasks, monitor_ms_.has_value(), DivideRestoredBytes()});
      mixed_ = monitor_ms_.has_value();
    }
    reader_.reset();
    scanned_ = !mixed_;
    if (monitor_ms_) next_scan_ms_ = environment_.clock->NowMs();
    return {};
  }

 private:
  Status PrepareDecoder() {
    const TableDescription& table = node_.table;
    DecodeRequest request;
    std::vector<int> file_index(table.physical.size(), -1);
    for (size_t i = 0; i < table.physical.size(); ++i) {
      if (IsPartitionKey(table.physical[i].name)) continue;
      file_index[i] = static_cast<int>(request.physical.size());
      request.physical.push_back(table.physical[i]);
    }
    const size_t columns = node_.projection.size();
    for (size_t k = 0; k < columns; ++k) {
      std::vector<int> path = node_.projection[k];
      const auto column = static_cast<size_t>(path[0]);
      if (file_index[column] < 0) {
        origins_.push_back({Origin::kPartition, 0, table.physical[column].name});
        continue;
      }
      path[0] = file_index[column];
      origins_.push_back({Origin::kDecoded, static_cast<int>(request.paths.size()), ""});
      request.paths.push_back(std::move(path));
      request.types.push_back(output_[k].type);
    }
    for (const TableDescription::Metadata& m : table.metadata) {
      if (origins_.size() < output_.size()) origins_.push_back({Origin::kMetadata, 0, m.key});
    }
    INVARIANT(origins_.size() == output_.size(), "a filesystem source's output is not its projection and metadata");
    decoded_types_ = request.types;
    if (environment_.settings != nullptr) request.time_zone = environment_.settings->time_zone;
    SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, *environment_.formats));
    request.options = FormatOptions(table.options, format->descriptor.name);
    if (format->open_file != nullptr) {
      structured_ = format;
      request_ = std::move(request);
      return {};
    }
    if (format->make_decoder == nullptr) {
      return Error(ErrorCode::kNotSupported, "not supported yet: reading the format '" + format->descriptor.name + "'");
    }
    SLUICE_ASSIGN_OR_RETURN(decoder_, format->make_decoder(request));
    return {};
  }

  Result<std::unique_ptr<SplitRows>> OpenSplit(const Split& split) {
    SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<RandomAccessFile> file, storage_->Open(split.path));
    if (structured_ != nullptr) return OpenStructuredSplit(split, *structured_, request_, std::move(file));
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<SplitReader> reader, SplitReader::Open(split, std::move(file), *decoder_));
    return std::unique_ptr<SplitRows>(std::move(reader));
  }

  bool IsPartitionKey(const std::string& name) const {
    const auto& keys = node_.table.partition_keys;
    return std::find(keys.begin(), keys.end(), name) != keys.end();
  }

  /// 0: files are read by one subtask each.
  uint64_t DivideBytes() const {
    return monitor_ms_ || (structured_ == nullptr && !decoder_->line_framed()) ? 0 : kDivideBytes;
  }
  /// How far a restored split may have been read in a structured file is known in rows only: it stays whole.
  uint64_t DivideRestoredBytes() const { return structured_ != nullptr ? 0 : DivideBytes(); }

  int64_t Emitted() const { return at_.emitted_before + at_.emitted; }

  /// Lists the files that are new and takes this subtask's share.
  Status Scan() {
    SLUICE_ASSIGN_OR_RETURN(std::vector<FileInfo> files, CandidateFiles());
    const auto subtasks = static_cast<uint64_t>(context_->parallelism);
    const auto self = static_cast<uint64_t>(context_->subtask);
    const uint64_t divide_bytes = DivideBytes();
    uint64_t number = 0;
    scanned_ = true;
    for (FileInfo& f : files) {
      if (at_.done.contains(f.path)) continue;
      const uint64_t place = monitor_ms_ ? PlaceOfPath(f.path, subtasks) : number++ % subtasks;
      const bool pending =
          std::any_of(at_.splits.begin(), at_.splits.end(), [&](const Split& s) { return s.path == f.path; });
      if (pending) continue;
      Split split{f.path, 0, UINT64_MAX, f.size, f.modified_ms};
      if (subtasks > 1 && divide_bytes > 0 && f.size >= divide_bytes &&
          (structured_ != nullptr || !IsCompressed(f.path))) {
        split.begin = f.size / subtasks * self;
        if (self + 1 < subtasks) split.end = f.size / subtasks * (self + 1);
        at_.splits.push_back(std::move(split));
      } else if (place == self) {
        at_.splits.push_back(std::move(split));
      }
    }
    if (std::exchange(mixed_, false)) SortSplits(at_.splits);
    if (monitor_ms_) next_scan_ms_ = environment_.clock->NowMs() + *monitor_ms_;
    return {};
  }

  Result<std::vector<FileInfo>> CandidateFiles() {
    std::vector<FileInfo> files;
    if (node_.table.partition_keys.empty()) {
      SLUICE_ASSIGN_OR_RETURN(files, storage_->List(path_));
    } else {
      SLUICE_ASSIGN_OR_RETURN(const std::vector<PartitionPath> partitions,
                              storage_->ListPartitions(path_, node_.table.partition_keys.size()));
      for (const PartitionPath& p : partitions) {
        SLUICE_ASSIGN_OR_RETURN(const bool wanted, PartitionIsWanted(p.spec));
        if (!wanted) continue;
        SLUICE_ASSIGN_OR_RETURN(std::vector<FileInfo> inside, storage_->List(p.path));
        files.insert(files.end(), inside.begin(), inside.end());
      }
    }
    if (!pattern_.empty()) {
      SLUICE_ASSIGN_OR_RETURN(const auto regex, Regex::Compile("^(?:" + pattern_ + ")$"));
      std::erase_if(files, [&](const FileInfo& f) { return !regex->Find(f.path, 0); });
    }
    return files;
  }

  Result<bool> PartitionIsWanted(const PartitionSpec& spec) {
    std::vector<ExprPtr> values;
    bool has_default = false;
    for (const std::string& key : node_.table.partition_keys) {
      SLUICE_ASSIGN_OR_RETURN(const DataType type, TypeOf(key));
      SLUICE_ASSIGN_OR_RETURN(const std::string text, ValueOf(spec, key));
      has_default = has_default || text == default_name_;
      SLUICE_ASSIGN_OR_RETURN(Value value, PartitionValue(text, type, default_name_));
      values.push_back(Expr::Literal(std::move(value), type.Nullable()));
    }
    bool wanted = true;
    if (node_.partition_filter) {
      SessionFacts facts;
      if (environment_.settings != nullptr) {
        facts.time_zone = environment_.settings->time_zone;
        facts.batch = environment_.settings->batch;
      }
      facts.now_ms = [clock = environment_.clock] { return clock->NowMs(); };
      SLUICE_ASSIGN_OR_RETURN(
          const Value v, EvaluateConstant(ExprSubstitute(node_.partition_filter, values), BuiltinFunctions(), facts));
      wanted = !v.is_null() && v.as_bool();
    }
    if (wanted && has_default) {
      return Error(ErrorCode::kData, "Path should not be null or empty: null. The partition folder '" +
                                         PartitionFolder(spec) + "' below " + path_ +
                                         " stands for NULL, which cannot be read; leave it out by a condition.");
    }
    return wanted;
  }

  Result<DataType> TypeOf(const std::string& column) const {
    for (const RowField& f : node_.table.physical) {
      if (f.name == column) return f.type;
    }
    return Error(ErrorCode::kValidation, "The partition column '" + column + "' is not a column of the table.");
  }

  static Result<std::string> ValueOf(const PartitionSpec& spec, const std::string& key) {
    for (auto it = spec.rbegin(); it != spec.rend(); ++it) {
      if (it->first == key) return it->second;
    }
    return Error(ErrorCode::kData, "Cannot find the partition value from path for partition: " + key);
  }

  /// The values that all rows of a file share.
  Status OpenConstants(const Split& split) {
    constants_.assign(origins_.size(), Value::Null());
    const PartitionSpec spec = PartitionsOfPath(split.path);
    for (size_t k = 0; k < origins_.size(); ++k) {
      if (origins_[k].kind == Origin::kPartition) {
        SLUICE_ASSIGN_OR_RETURN(const std::string text, ValueOf(spec, origins_[k].name));
        SLUICE_ASSIGN_OR_RETURN(constants_[k], PartitionValue(text, output_[k].type, default_name_));
      } else if (origins_[k].kind == Origin::kMetadata) {
        constants_[k] = MetadataValue(origins_[k].name, split, output_[k].type);
      }
    }
    return {};
  }

  static Value MetadataValue(const std::string& key, const Split& split, const DataType& type) {
    if (key == "file.path") return Value::String(split.path);
    if (key == "file.name") return Value::String(split.path.substr(split.path.rfind('/') + 1));
    if (key == "file.size") return Value::Int(static_cast<int64_t>(split.size));
    if (type.physical() == PhysicalType::kTimestamp) return Value::Time(Timestamp{split.modified_ms, 0, 0});
    return Value::Int(split.modified_ms);
  }

  void Assemble(std::vector<ColumnPtr>& decoded, size_t rows, Batch& batch) const {
    batch.length = rows;
    for (size_t k = 0; k < origins_.size(); ++k) {
      if (origins_[k].kind == Origin::kDecoded) {
        batch.columns.push_back(std::move(decoded[static_cast<size_t>(origins_[k].index)]));
      } else {
        batch.columns.push_back(Column::MakeConstant(output_[k].type, constants_[k], rows));
      }
    }
  }

  /// No split is left: the end, or the time until the folder is looked at again.
  Result<PollResult> Exhausted() {
    if (!monitor_ms_ || context_->batch) return PollResult{PollState::kEnd};
    const int64_t now = environment_.clock->NowMs();
    if (now >= next_scan_ms_) {
      SLUICE_RETURN_IF_ERROR(Scan());
      if (!at_.splits.empty()) return PollResult{PollState::kMore};
    }
    return PollResult{PollState::kIdle, std::max<int64_t>(1, next_scan_ms_ - now)};
  }

  const SourceNode node_;
  const Schema output_;
  const ConnectorEnvironment environment_;
  const TaskContext* context_ = nullptr;
  std::unique_ptr<Storage> storage_;
  std::string path_, pattern_, default_name_;
  std::optional<int64_t> monitor_ms_;
  int64_t next_scan_ms_ = 0;
  std::unique_ptr<Decoder> decoder_;
  const Format* structured_ = nullptr;  // instead of the decoder, with request_
  DecodeRequest request_;
  std::vector<DataType> decoded_types_;
  std::vector<Origin> origins_;
  SourcePosition at_;
  std::unique_ptr<SplitRows> reader_;
  std::vector<Value> constants_;
  bool scanned_ = false;  // or restored
  /// The splits are those of other subtasks than before. One of them may not have seen a file that is older than what
  /// another had seen: such files are looked for first, and read in their order, else their rows would come late.
  bool mixed_ = false;
};

}  // namespace

Result<std::unique_ptr<Source>> MakeFilesystemSource(const SourceNode& node, const Schema& output,
                                                     const ConnectorEnvironment& environment) {
  auto source = std::make_unique<FilesystemSource>(node, output, environment);
  SLUICE_RETURN_IF_ERROR(source->Prepare());
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace sluice::engine::filesystem
