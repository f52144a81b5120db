#include "engine/connectors/filesystem/prepared_files.h"

#include "engine/connectors/position_bytes.h"

namespace sluice::engine::filesystem {
namespace {
constexpr uint64_t kVersion = 2;  // 1: local files only
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
  return w.Take();
}

Result<PreparedFiles> DecodePreparedFiles(std::string_view bytes) {
  PositionReader r(bytes);
  const uint64_t version = r.Number();
  if (r.ok() && version != kVersion && version != 1) {
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
  if (!r.ok()) return Error(ErrorCode::kData, "A filesystem sink's commit is cut off.");
  return prepared;
}

}  // namespace sluice::engine::filesystem
