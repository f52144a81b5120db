#include "service/code/zip_unpack.h"

#include <fmt/format.h>
#include <zip.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "base/files.h"

namespace sluice::service {
namespace {

struct Close {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

bool LeadsOut(const std::string& name) {
  if (name.starts_with('/') || name.find('\\') != std::string::npos) return true;
  for (const auto& part : std::filesystem::path(name)) {
    if (part == "..") return true;
  }
  return false;
}

Status Unsound(const std::string& archive, const std::string& why) {
  return Error(ErrorCode::kValidation, fmt::format("{} is not a sound zip file: {}", archive, why));
}

Status WriteEntry(zip_t* archive, zip_uint64_t index, const std::string& name, const std::string& path) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(std::filesystem::path(path).parent_path().string()));
  std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive, index, 0));
  if (!file) return Unsound(name, zip_strerror(archive));
  std::ofstream out(path, std::ios::binary);
  std::vector<char> buffer(256 * 1024);
  while (true) {
    const zip_int64_t n = zip_fread(file.get(), buffer.data(), buffer.size());
    if (n < 0) return Unsound(name, zip_file_strerror(file.get()));
    if (n == 0) break;
    out.write(buffer.data(), n);
  }
  out.close();
  return out ? Status() : Status(Error(ErrorCode::kIo, "cannot write " + path));
}

}  // namespace

Status UnpackZip(const std::string& archive, const std::function<std::string(const std::string& name)>& place) {
  int code = 0;
  std::unique_ptr<zip_t, Close> zip(zip_open(archive.c_str(), ZIP_RDONLY, &code));
  if (!zip) return Unsound(archive, fmt::format("error {} of libzip", code));
  for (zip_int64_t i = 0; i < zip_get_num_entries(zip.get(), 0); ++i) {
    const char* raw = zip_get_name(zip.get(), static_cast<zip_uint64_t>(i), 0);
    const std::string name = raw == nullptr ? "" : raw;
    if (name.empty() || name.ends_with('/')) continue;
    if (LeadsOut(name)) return Unsound(archive, name + " leads out of it");
    const std::string path = place(name);
    if (!path.empty()) SLUICE_RETURN_IF_ERROR(WriteEntry(zip.get(), static_cast<zip_uint64_t>(i), name, path));
  }
  return {};
}

}  // namespace sluice::service
