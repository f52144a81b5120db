#include "engine/connectors/filesystem/filesystem_sink.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "base/clock.h"
#include "engine/columnar/row_ops.h"
#include "engine/connectors/filesystem/part_sink.h"
#include "engine/connectors/filesystem/partition_path.h"
#include "engine/connectors/filesystem/prepared_files.h"
#include "engine/connectors/filesystem/sink_options.h"
#include "engine/connectors/filesystem/storage.h"
#include "engine/connectors/filesystem/table_committer.h"
#include "engine/connectors/options/format_options.h"
#include "engine/connectors/shared_parts.h"
#include "engine/formats/text/option_text.h"
#include "engine/runtime/async_operator.h"
#include "engine/runtime/watermark_listener.h"

namespace sluice::engine::filesystem {
namespace {

std::string NewUuid(const std::function<uint64_t()>& random) {
  const uint64_t a = (random() & ~uint64_t{0xF000}) | 0x4000, b = (random() & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  char text[37];
  std::snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(a >> 32),
                static_cast<unsigned>(a >> 16 & 0xFFFF), static_cast<unsigned>(a & 0xFFFF),
                static_cast<unsigned>(b >> 48), static_cast<unsigned long long>(b & 0xFFFFFFFFFFFFull));
  return text;
}

/// Members go in the opposite order.
struct OpenFile {
  std::unique_ptr<PartFile> bytes;
  std::unique_ptr<PartSink> sink;    // structured files only
  std::unique_ptr<FileWriter> rows;  // structured files only
};

class FilesystemSink : public Sink, public WatermarkListener, public AsyncOperator {
 public:
  FilesystemSink(const SinkNode& node, Schema input, const ConnectorEnvironment& environment)
      : node_(node), input_(std::move(input)), environment_(environment) {}

  Status Prepare() {
    SLUICE_ASSIGN_OR_RETURN(options_, ReadSinkOptions(node_.table.options));
    SLUICE_ASSIGN_OR_RETURN(Location location,
                            Resolve(text::StringOption(node_.table.options, "path", ""), environment_));
    storage_ = std::move(location.storage);
    root_ = std::move(location.path);
    EncodeRequest request;
    for (const std::string& key : node_.table.partition_keys) {
      for (size_t i = 0; i < input_.size(); ++i) {
        if (input_[i].name == key) partition_columns_.push_back(i);
      }
    }
    for (size_t i = 0; i < input_.size(); ++i) {
      if (std::find(partition_columns_.begin(), partition_columns_.end(), i) != partition_columns_.end()) continue;
      file_columns_.push_back(i);
      request.schema.push_back(input_[i]);
    }
    if (environment_.settings != nullptr) request.time_zone = environment_.settings->time_zone;
    SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(node_.table.options, *environment_.formats));
    request.options = FormatOptions(node_.table.options, format->descriptor.name);
    request_ = request;
    if (format->create_file != nullptr) {
      structured_ = format;
      return {};
    }
    if (format->make_encoder == nullptr) {
      return Error(ErrorCode::kNotSupported, "not supported yet: writing the format '" + format->descriptor.name + "'");
    }
    SLUICE_ASSIGN_OR_RETURN(encoder_, format->make_encoder(request));
    return {};
  }

  Status Open(const TaskContext& context) override {
    subtask_ = context.subtask;
    batch_ = context.batch;
    prefix_ = "part-" + NewUuid(environment_.random);
    lineage_ = NewUuid(environment_.random);
    next_check_ms_ = environment_.clock->NowMs() + options_.check_ms;
    if (batch_) options_.compaction_bytes = 0;  // as in Flink
    SLUICE_RETURN_IF_ERROR(storage_->CheckRoot(root_));
    JoinOthers(context);
    if (node_.overwrite) {
      Result<std::vector<FileInfo>> existing = storage_->List(root_);
      if (existing.ok()) {
        for (const FileInfo& f : *existing) replaced_.push_back(f.path);
      } else if (existing.error().code() != ErrorCode::kNotFound) {
        return existing.error();
      }
    }
    return {};
  }

  Status Write(Batch batch) override {
    for (ColumnPtr& column : batch.columns) column = Column::Flatten(column);
    now_ms_ = environment_.clock->NowMs();
    SLUICE_RETURN_IF_ERROR(OnTime(now_ms_));
    if (structured_ != nullptr) return WriteStructured(batch);
    Batch record;  // without the partition columns, which stand in the folder's name
    record.length = batch.length;
    record.kinds = batch.kinds;
    for (size_t i : file_columns_) record.columns.push_back(batch.columns[i]);
    const Rows rows = batch.rows();
    std::optional<size_t> before;
    for (size_t k = 0; k < rows.count; ++k) {
      SLUICE_ASSIGN_OR_RETURN(OpenFile * file, FileFor(batch, rows[k], before));
      before = rows[k];
      SLUICE_RETURN_IF_ERROR(encoder_->Encode(record, rows[k], file->bytes->buffer()));
      file->bytes->buffer() += encoder_->separator();
      SLUICE_RETURN_IF_ERROR(file->bytes->Wrote(now_ms_));
      if (file->bytes->size() >= options_.roll_bytes) SLUICE_RETURN_IF_ERROR(Roll(last_folder_));
    }
    return {};
  }

  Status Flush() override {
    for (auto& [folder, file] : open_) SLUICE_RETURN_IF_ERROR(file.bytes->Flush(false));
    return {};
  }

  Status OnTime(int64_t now_ms) override {
    if (now_ms < next_check_ms_) return {};
    next_check_ms_ = now_ms + options_.check_ms;
    std::vector<std::string> due;
    for (const auto& [folder, file] : open_) {
      if (now_ms - file.bytes->created_ms() >= options_.rollover_ms ||
          now_ms - file.bytes->last_write_ms() >= options_.inactivity_ms) {
        due.push_back(folder);
      }
    }
    for (const std::string& folder : due) SLUICE_RETURN_IF_ERROR(Roll(folder));
    return {};
  }

  bool two_phase() const override { return true; }

  Result<std::string> PrepareCommit(int64_t checkpoint_id) override {
    SLUICE_RETURN_IF_ERROR(RollAll());
    for (const std::string& folder : Folders(pending_)) SLUICE_RETURN_IF_ERROR(storage_->SyncFolder(folder, false));
    PreparedFiles prepared;
    SLUICE_ASSIGN_OR_RETURN(prepared.remembered, committer_->Prepare(checkpoint_id, subtask_));
    prepared.lineage = lineage_;
    prepared.prefix = prefix_;
    prepared.files = std::exchange(pending_, {});  // from here on the checkpoint owns them
    prepared.checkpoint = checkpoint_id;
    prepared.prepared_ms = environment_.clock->NowMs();
    prepared.watermark = watermark_;
    prepared.compaction_bytes = options_.compaction_bytes;
    return EncodePreparedFiles(prepared);  // without files too, for the lineage
  }

  Status Commit(std::string_view bytes) override {
    if (bytes.empty()) return {};
    SLUICE_ASSIGN_OR_RETURN(const PreparedFiles prepared, DecodePreparedFiles(bytes));
    const bool restored = prepared.prefix != prefix_;
    if (restored) Inherit(prepared);
    SLUICE_RETURN_IF_ERROR(MakeVisible(prepared.files, restored));
    if (prepared.remembered) {
      // Their rows are visible. One that cannot be removed stays hidden and is no reason to fail.
      for (const std::string& path : prepared.remembered->expired) (void)storage_->RemoveFile(path);
    }
    if (restored) {
      committer_->Restore(prepared);
      return {};
    }
    if (!leftovers_of_.empty()) {
      // Our first own commit: from now on nobody restores what the attempts before us had prepared.
      // What cannot be removed stays invisible and is no reason to fail.
      const std::set<std::string> lineages = std::exchange(leftovers_of_, {});
      (void)storage_->RemoveLeftovers(root_, lineages, prefix_);
    }
    return committer_->Committed(prepared, subtask_, *storage_);
  }

  // --- uploads and compaction go on beside the task: it is given no rows while they are behind
  bool saturated() const override { return committer_ && (storage_->saturated() || committer_->behind()); }
  bool idle() const override { return true; }  // PrepareCommit and Finish wait for what is under way
  Result<bool> EmitReady(Output&) override {
    if (const auto error = committer_ ? committer_->error() : std::nullopt) return *error;
    return false;
  }

  Status AdvanceWatermark(int64_t watermark) override {
    watermark_ = watermark;
    return {};
  }

  Status Finish() override {
    SLUICE_RETURN_IF_ERROR(RollAll());
    if (node_.overwrite) SLUICE_RETURN_IF_ERROR(RemoveReplaced(Folders(pending_)));
    SLUICE_RETURN_IF_ERROR(MakeVisible(pending_, false));
    return committer_->Finished(std::exchange(pending_, {}), *storage_);
  }

  Status Close() override {
    for (auto& [folder, file] : open_) file.bytes->Discard();
    open_.clear();
    for (const auto& file : closing_) file->Discard();
    closing_.clear();
    for (const PreparedFile& p : pending_) storage_->Discard(p);
    pending_.clear();
    owner_.reset();
    storage_->OnRoom(nullptr);
    const auto committer = std::exchange(committer_, nullptr);
    return committer ? committer->Leave(subtask_, *storage_) : Status();
  }

 private:
  void JoinOthers(const TaskContext& context) {
    const std::string name = "filesystem sink " + context.operator_uid;
    committer_ =
        environment_.shared ? environment_.shared->Get<TableCommitter>(name) : std::make_shared<TableCommitter>();
    const std::string path = text::StringOption(node_.table.options, "path", "");
    TableCommitter::Setup setup;
    setup.options = options_;
    setup.root = root_;
    setup.partitioned = !partition_columns_.empty();
    setup.rules = {structured_, request_};
    setup.attempt = prefix_;
    setup.lineage = lineage_;
    setup.parallelism = context.parallelism;
    setup.clock = environment_.clock;
    setup.open = [environment = environment_, path]() -> Result<std::unique_ptr<Storage>> {
      SLUICE_ASSIGN_OR_RETURN(Location location, Resolve(path, environment));
      return std::move(location.storage);
    };
    committer_->Enter(setup, subtask_, context.wake);
    storage_->OnRoom(context.wake);
  }

  static std::set<std::string> Folders(const std::vector<PreparedFile>& files) {
    std::set<std::string> folders;
    for (const PreparedFile& f : files) folders.insert(f.folder);
    return folders;
  }

  /// Takes over from the attempt that prepared this, which is dead: its lineage goes on in ours.
  void Inherit(const PreparedFiles& prepared) {
    if (leftovers_of_.empty() && !owned_) lineage_ = prepared.lineage;
    leftovers_of_.insert(prepared.lineage);
  }

  Status MakeVisible(const std::vector<PreparedFile>& files, bool restored) {
    for (const PreparedFile& f : files) SLUICE_RETURN_IF_ERROR(storage_->Commit(f, restored));
    for (const std::string& folder : Folders(files)) {
      SLUICE_RETURN_IF_ERROR(storage_->SyncFolder(folder, restored));
      // Without a reason to wait every commit of files commits their partitions.
      if (!holds_partitions() && WritesSuccess()) SLUICE_RETURN_IF_ERROR(WriteSuccess(folder));
    }
    return {};
  }

  bool WritesSuccess() const { return !options_.success_file.empty() && !partition_columns_.empty(); }
  bool holds_partitions() const { return TableCommitter::HoldsPartitions(options_, !partition_columns_.empty()); }
  Status WriteSuccess(const std::string& folder) {
    return storage_->WriteFile(folder + "/" + options_.success_file, "");
  }

  /// The folder below the root that a row belongs to.
  std::string FolderOf(const Batch& batch, size_t row) const {
    PartitionSpec spec;
    for (size_t i : partition_columns_) {
      spec.emplace_back(input_[i].name, PartitionText(*batch.columns[i], row, options_.default_name));
    }
    return spec.empty() ? root_ : root_ + "/" + PartitionFolder(spec);
  }

  bool SamePartition(const Batch& batch, size_t a, size_t b) const {
    return std::all_of(partition_columns_.begin(), partition_columns_.end(),
                       [&](size_t i) { return EqualsAt(*batch.columns[i], a, *batch.columns[i], b); });
  }

  /// `before`: a row of the batch that was looked up last, if there is one; rows come in runs.
  Result<OpenFile*> FileFor(const Batch& batch, size_t row, std::optional<size_t> before = std::nullopt) {
    const bool same = last_file_ != nullptr && before && SamePartition(batch, *before, row);
    if (!same && (!partition_columns_.empty() || last_file_ == nullptr)) {
      std::string folder = FolderOf(batch, row);
      if (last_file_ == nullptr || folder != last_folder_) {
        auto it = open_.find(folder);
        if (it == open_.end()) {
          SLUICE_ASSIGN_OR_RETURN(OpenFile file, Create(folder));
          it = open_.emplace(folder, std::move(file)).first;
        }
        last_folder_ = std::move(folder);
        last_file_ = &it->second;
      }
    }
    return last_file_;
  }

  Result<OpenFile> Create(const std::string& folder) {
    const std::string part = prefix_ + "-" + std::to_string(subtask_) + "-" + std::to_string(next_number_++);
    const std::string name =
        std::string(options_.compaction_bytes > 0 ? kUncompacted : "") + storage_->PartName(part, lineage_);
    // A batch job makes no checkpoints: nobody comes after it.
    if (!owned_ && !batch_) {
      SLUICE_ASSIGN_OR_RETURN(owner_, storage_->TakeOwnership(root_, prefix_, lineage_));
      owned_ = true;
    }
    OpenFile file;
    SLUICE_ASSIGN_OR_RETURN(file.bytes, storage_->Create(folder, name, lineage_, now_ms_));
    if (structured_ != nullptr) {
      file.sink = std::make_unique<PartSink>(*file.bytes);
      SLUICE_ASSIGN_OR_RETURN(file.rows, structured_->create_file(request_, file.sink.get()));
    }
    return file;
  }

  /// A structured file takes its share of the rows in one piece.
  Status WriteStructured(const Batch& batch) {
    std::vector<ColumnPtr> columns;
    for (size_t i : file_columns_) columns.push_back(batch.columns[i]);
    const Rows rows = batch.rows();
    if (partition_columns_.empty()) return rows.count == 0 ? Status() : WriteRows(batch, columns, rows);
    std::map<std::string, std::vector<uint32_t>> by_folder;
    std::vector<uint32_t>* indices = nullptr;
    for (size_t k = 0; k < rows.count; ++k) {
      if (k == 0 || !SamePartition(batch, rows[k - 1], rows[k])) indices = &by_folder[FolderOf(batch, rows[k])];
      indices->push_back(static_cast<uint32_t>(rows[k]));
    }
    for (const auto& [folder, own] : by_folder) {
      SLUICE_RETURN_IF_ERROR(WriteRows(batch, columns, {own.data(), own.size()}));
    }
    return {};
  }

  /// `rows` belong to one folder.
  Status WriteRows(const Batch& batch, const std::vector<ColumnPtr>& columns, const Rows& rows) {
    SLUICE_ASSIGN_OR_RETURN(OpenFile * file, FileFor(batch, rows[0]));
    SLUICE_RETURN_IF_ERROR(file->rows->Write(columns, rows));
    SLUICE_RETURN_IF_ERROR(file->bytes->Wrote(now_ms_));
    return file->bytes->size() >= options_.roll_bytes ? Roll(last_folder_) : Status();
  }

  /// By value: the argument may be last_folder_ itself.
  Status Roll(std::string folder) {
    auto it = open_.find(folder);
    if (it == open_.end()) return {};
    if (it->second.rows) SLUICE_RETURN_IF_ERROR(it->second.rows->Finish());
    SLUICE_ASSIGN_OR_RETURN(const bool under_way, it->second.bytes->BeginFinish());
    std::unique_ptr<PartFile> file = std::move(it->second.bytes);
    open_.erase(it);
    last_file_ = nullptr;
    closing_.push_back(std::move(file));
    return under_way ? Status() : FinishClosing();
  }

  /// Waits for files that are under way.
  Status FinishClosing() {
    while (!closing_.empty()) {
      SLUICE_ASSIGN_OR_RETURN(PreparedFile prepared, closing_.front()->Finish());
      pending_.push_back(std::move(prepared));
      closing_.pop_front();
    }
    return {};
  }

  Status RollAll() {
    while (!open_.empty()) SLUICE_RETURN_IF_ERROR(Roll(open_.begin()->first));
    return FinishClosing();
  }

  /// INSERT OVERWRITE: the files that were there when the job began, in what it wrote to (all of them if the table has
  /// no partitions; in the static partition even if no row came).
  Status RemoveReplaced(std::set<std::string> folders) {
    if (partition_columns_.empty()) folders.insert(root_);
    if (!node_.static_partition.empty() && node_.static_partition.size() == node_.table.partition_keys.size()) {
      PartitionSpec spec(node_.static_partition.begin(), node_.static_partition.end());
      folders.insert(root_ + "/" + PartitionFolder(spec));
    }
    for (const std::string& path : replaced_) {
      const bool inside = std::any_of(folders.begin(), folders.end(),
                                      [&](const std::string& folder) { return path.starts_with(folder + "/"); });
      if (inside) SLUICE_RETURN_IF_ERROR(storage_->RemoveFile(path));
    }
    return {};
  }

  const SinkNode node_;
  const Schema input_;
  const ConnectorEnvironment environment_;
  SinkOptions options_;
  std::unique_ptr<Storage> storage_;
  std::string root_, prefix_, lineage_;
  int subtask_ = 0;
  bool batch_ = false;
  int next_number_ = 0;
  int64_t now_ms_ = 0, next_check_ms_ = 0;
  std::vector<size_t> partition_columns_, file_columns_;  // of the input
  std::unique_ptr<Encoder> encoder_;
  const Format* structured_ = nullptr;  // instead of the encoder
  EncodeRequest request_;
  std::map<std::string, OpenFile> open_;  // by folder
  std::string last_folder_;
  OpenFile* last_file_ = nullptr;                  // open_[last_folder_], or null
  std::deque<std::unique_ptr<PartFile>> closing_;  // their last bytes are under way
  std::vector<PreparedFile> pending_;              // closed, not yet prepared
  int64_t watermark_ = kNoWatermark;
  std::shared_ptr<TableCommitter> committer_;  // of all subtasks; while open
  bool owned_ = false;
  std::unique_ptr<OwnerMark> owner_;
  std::set<std::string> leftovers_of_;  // lineages of restored commits
  std::vector<std::string> replaced_;
};

}  // namespace

Result<std::unique_ptr<Sink>> MakeFilesystemSink(const SinkNode& node, const Schema& input,
                                                 const ConnectorEnvironment& environment) {
  auto sink = std::make_unique<FilesystemSink>(node, input, environment);
  SLUICE_RETURN_IF_ERROR(sink->Prepare());
  return std::unique_ptr<Sink>(std::move(sink));
}

}  // namespace sluice::engine::filesystem
