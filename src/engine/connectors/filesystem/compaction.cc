#include "engine/connectors/filesystem/compaction.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "engine/connectors/filesystem/part_sink.h"

namespace sluice::engine::filesystem {
namespace {

constexpr size_t kOpenBins = 10;
constexpr size_t kCopyBytes = size_t{1} << 20;
constexpr size_t kBatchRows = 1024;

using Files = std::vector<std::shared_ptr<RandomAccessFile>>;

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

struct Bin {
  CompactionUnit files;
  uint64_t bytes = 0;
};

/// First fit among the last few bins.
void PackFolder(std::vector<HiddenFile> files, uint64_t target_bytes, std::vector<CompactionUnit>& units) {
  std::deque<Bin> bins;
  for (HiddenFile& file : files) {
    auto bin =
        std::find_if(bins.begin(), bins.end(), [&](const Bin& b) { return b.bytes + file.size <= target_bytes; });
    if (bin == bins.end()) {
      if (bins.size() == kOpenBins) {
        units.push_back(std::move(bins.front().files));
        bins.pop_front();
      }
      bin = bins.insert(bins.end(), Bin());
    }
    bin->bytes += file.size;
    bin->files.push_back(std::move(file));
  }
  for (Bin& bin : bins) units.push_back(std::move(bin.files));
}

Error Stopped() { return Error(ErrorCode::kCancelled, "The compaction was stopped."); }

Status CopyBytes(const Files& sources, PartFile& to, const std::atomic<bool>& stop) {
  for (const auto& source : sources) {
    for (uint64_t at = 0; at < source->size();) {
      if (stop) return Stopped();
      std::string& buffer = to.buffer();
      const size_t before = buffer.size();
      buffer.resize(before + std::min<uint64_t>(kCopyBytes, source->size() - at));
      SLUICE_ASSIGN_OR_RETURN(const size_t n, source->ReadAt(at, buffer.data() + before, buffer.size() - before));
      buffer.resize(before + n);
      if (n == 0) return Error(ErrorCode::kIo, "The file " + source->name() + " became shorter while it was read.");
      at += n;
      SLUICE_RETURN_IF_ERROR(to.Wrote(to.last_write_ms()));
    }
  }
  return {};
}

Status CopyRows(const Files& sources, const RewriteRules& rules, PartFile& to, const std::atomic<bool>& stop) {
  DecodeRequest read;
  read.physical = rules.request.schema;
  read.options = rules.request.options;
  read.time_zone = rules.request.time_zone;
  for (size_t k = 0; k < read.physical.size(); ++k) {
    read.paths.push_back({static_cast<int>(k)});
    read.types.push_back(read.physical[k].type);
  }
  PartSink sink(to);
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<FileWriter> writer, rules.structured->create_file(rules.request, &sink));
  for (const auto& source : sources) {
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<FileReader> reader, rules.structured->open_file(read, source, {}));
    std::vector<ColumnPtr> columns;
    while (true) {
      if (stop) return Stopped();
      SLUICE_ASSIGN_OR_RETURN(const size_t rows, reader->Read(kBatchRows, columns));
      if (rows == 0) break;
      for (ColumnPtr& column : columns) column = Column::Flatten(column);
      SLUICE_RETURN_IF_ERROR(writer->Write(columns, Rows{nullptr, rows}));
    }
  }
  return writer->Finish();
}

/// What is there of the unit; null if a restored one is gone.
Result<Files> OpenSources(Storage& storage, const CompactionUnit& unit, bool restored) {
  Files sources;
  for (const HiddenFile& file : unit) {
    Result<std::unique_ptr<RandomAccessFile>> source = storage.Open(file.path);
    if (source.ok()) {
      sources.push_back(std::move(*source));
    } else if (!restored || source.error().code() != ErrorCode::kNotFound) {
      return source.error().WithContext("compaction");
    }
  }
  return sources;
}

}  // namespace

bool IsUncompacted(std::string_view path) { return NameOf(path).starts_with(kUncompacted); }

std::string CompactedName(std::string_view first) {
  std::string_view name = NameOf(first);
  if (name.starts_with(kUncompacted)) name.remove_prefix(kUncompacted.size());
  return std::string(kCompacted) + std::string(name);
}

std::vector<CompactionUnit> PackUnits(std::vector<HiddenFile> files, uint64_t target_bytes) {
  std::map<std::string, std::vector<HiddenFile>> by_folder;
  for (HiddenFile& file : files) by_folder[file.folder].push_back(std::move(file));
  std::vector<CompactionUnit> units;
  for (auto& [folder, in_folder] : by_folder) {
    std::sort(in_folder.begin(), in_folder.end(),
              [](const HiddenFile& a, const HiddenFile& b) { return a.path < b.path; });
    PackFolder(std::move(in_folder), target_bytes, units);
  }
  return units;
}

Status CompactUnit(Storage& storage, const CompactionUnit& unit, const RewriteRules& rules, const std::string& lineage,
                   bool restored, const std::atomic<bool>& stop) {
  const HiddenFile& first = unit.at(0);
  const std::string target = CompactedName(first.path);
  const bool by_bytes = rules.structured == nullptr || unit.size() == 1;
  uint64_t bytes = 0;
  for (const HiddenFile& file : unit) bytes += file.size;
  const Result<std::unique_ptr<RandomAccessFile>> done = storage.Open(first.folder + "/" + target);
  if (done.ok() && (!by_bytes || (*done)->size() == bytes)) return {};
  SLUICE_ASSIGN_OR_RETURN(const Files sources, OpenSources(storage, unit, restored));
  if (sources.empty()) return {};
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<PartFile> to, storage.Create(first.folder, target, lineage, 0));
  const Status copied = by_bytes ? CopyBytes(sources, *to, stop) : CopyRows(sources, rules, *to, stop);
  if (!copied.ok()) {
    to->Discard();
    return copied;
  }
  Result<PreparedFile> prepared = to->Finish();
  if (!prepared.ok()) {
    to->Discard();
    return prepared.error();
  }
  SLUICE_RETURN_IF_ERROR(storage.Commit(*prepared, false));
  return storage.SyncFolder(first.folder, false);
}

}  // namespace sluice::engine::filesystem
