#include "engine/connectors/filesystem/prepared_files.h"

#include "engine/connectors/position_bytes.h"

namespace sluice::engine::filesystem {
namespace {
constexpr uint64_t kVersion = 3;  // 1: local files only; 2: no waiting partitions
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
  w.Number(prepared.waiting.size());
  for (const auto& [folder, since_ms] : prepared.waiting) {
    w.Text(folder);
    w.Number(static_cast<uint64_t>(since_ms));
  }
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
  for (uint64_t n = version > 2 ? r.Number() : 0; n > 0 && r.ok(); --n) {
    std::string folder = r.Text();
    prepared.waiting[std::move(folder)] = static_cast<int64_t>(r.Number());
  }
  if (!r.ok()) return Error(ErrorCode::kData, "A filesystem sink's commit is cut off.");
  return prepared;
}

}  // namespace sluice::engine::filesystem
