#include "engine/connectors/filesystem/prepared_files.h"

#include "engine/connectors/position_bytes.h"

namespace sluice::engine::filesystem {
namespace {
// 1: local files only; 2: no waiting partitions; 3: each subtask's own waiting partitions, no compaction
constexpr uint64_t kVersion = 4;

void WriteRemembered(PositionWriter& w, const Remembered& r) {
  w.Text(r.attempt);
  w.Number(static_cast<uint64_t>(r.restored));
  w.Number(r.waiting.size());
  for (const auto& [folder, since_ms] : r.waiting) {
    w.Text(folder);
    w.Number(static_cast<uint64_t>(since_ms));
  }
  w.Number(r.compactions.size());
  for (const PendingCompaction& compaction : r.compactions) {
    w.Number(compaction.target_bytes);
    w.Number(compaction.files.size());
    for (const HiddenFile& f : compaction.files) {
      w.Text(f.path);
      w.Text(f.folder);
      w.Number(f.size);
    }
  }
  w.Number(r.expired.size());
  for (const std::string& path : r.expired) w.Text(path);
}

void ReadWaiting(PositionReader& r, Remembered& out) {
  for (uint64_t n = r.Number(); n > 0 && r.ok(); --n) {
    std::string folder = r.Text();
    out.waiting[std::move(folder)] = static_cast<int64_t>(r.Number());
  }
}

void ReadRemembered(PositionReader& r, Remembered& out) {
  out.attempt = r.Text();
  out.restored = static_cast<int64_t>(r.Number());
  ReadWaiting(r, out);
  for (uint64_t n = r.Number(); n > 0 && r.ok(); --n) {
    PendingCompaction& compaction = out.compactions.emplace_back();
    compaction.target_bytes = r.Number();
    for (uint64_t k = r.Number(); k > 0 && r.ok(); --k) {
      HiddenFile& f = compaction.files.emplace_back();
      f.path = r.Text();
      f.folder = r.Text();
      f.size = r.Number();
    }
  }
  for (uint64_t n = r.Number(); n > 0 && r.ok(); --n) out.expired.push_back(r.Text());
}

}  // namespace

std::string EncodePreparedFiles(const PreparedFiles& prepared) {
  PositionWriter w;
  w.Number(kVersion);
  w.Text(prepared.lineage);
  w.Text(prepared.prefix);
  w.Number(prepared.files.size());
  for (const PreparedFile& f : prepared.files) {
    w.Text(f.temporary_path);
    w.Text(f.final_path);
    w.Text(f.folder);
    w.Number(f.size);
    w.Text(f.upload);
    w.Number(f.etags.size());
    for (const std::string& etag : f.etags) w.Text(etag);
  }
  w.Number(static_cast<uint64_t>(prepared.checkpoint));
  w.Number(static_cast<uint64_t>(prepared.prepared_ms));
  w.Number(static_cast<uint64_t>(prepared.watermark));
  w.Number(prepared.compaction_bytes);
  w.Number(prepared.remembered ? 1 : 0);
  if (prepared.remembered) WriteRemembered(w, *prepared.remembered);
  return w.Take();
}

Result<PreparedFiles> DecodePreparedFiles(std::string_view bytes) {
  PositionReader r(bytes);
  const uint64_t version = r.Number();
  if (r.ok() && (version < 1 || version > kVersion)) {
    return Error(ErrorCode::kData, "A filesystem sink's commit has the version " + std::to_string(version) +
                                       "; this engine reads version " + std::to_string(kVersion) + ".");
  }
  PreparedFiles prepared;
  prepared.lineage = r.Text();
  prepared.prefix = r.Text();
  for (uint64_t n = r.Number(); n > 0 && r.ok(); --n) {
    PreparedFile f;
    f.temporary_path = r.Text();
    f.final_path = r.Text();
    f.folder = r.Text();
    f.size = r.Number();
    if (version > 1) {
      f.upload = r.Text();
      for (uint64_t etags = r.Number(); etags > 0 && r.ok(); --etags) f.etags.push_back(r.Text());
    }
    prepared.files.push_back(std::move(f));
  }
  if (version == 3) {
    prepared.remembered.emplace().attempt = prepared.prefix;
    ReadWaiting(r, *prepared.remembered);
  }
  if (version > 3) {
    prepared.checkpoint = static_cast<int64_t>(r.Number());
    prepared.prepared_ms = static_cast<int64_t>(r.Number());
    prepared.watermark = static_cast<int64_t>(r.Number());
    prepared.compaction_bytes = r.Number();
    if (r.Number() != 0) ReadRemembered(r, prepared.remembered.emplace());
  }
  if (!r.ok()) return Error(ErrorCode::kData, "A filesystem sink's commit is cut off.");
  return prepared;
}

}  // namespace sluice::engine::filesystem
