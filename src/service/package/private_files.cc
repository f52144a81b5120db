#include "service/package/private_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/files.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;

Error Failed(const std::string& what) {
  return Error(ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(errno)));
}

Status WriteProc(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file ? Status() : Status(Failed(path));
}

Status OwnNamespace() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return Failed("unshare");
    SLUICE_RETURN_IF_ERROR(WriteProc("/proc/self/setgroups", "deny"));
    SLUICE_RETURN_IF_ERROR(WriteProc("/proc/self/uid_map", fmt::format("{} {} 1", user, user)));
    SLUICE_RETURN_IF_ERROR(WriteProc("/proc/self/gid_map", fmt::format("{} {} 1", group, group)));
  }
  // Mounts of the machine still reach us, ours do not reach the machine.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return Failed("mount --make-rslave /");
  return {};
}

struct OpenMount {
  std::string path;
  int fd;
};

/// What is mounted below `root` (containers have resolv.conf and hosts in /etc) would vanish under the overlay.
std::vector<OpenMount> MountsBelow(const std::string& root, const std::vector<const ShownFile*>& shown) {
  std::vector<OpenMount> out;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    if (!field.starts_with(root + "/")) continue;
    const bool replaced =
        std::any_of(shown.begin(), shown.end(), [&](const ShownFile* file) { return file->place == field; });
    if (replaced) continue;
    if (int fd = open(field.c_str(), O_PATH | O_CLOEXEC); fd >= 0) out.push_back({field, fd});
  }
  return out;
}

Status Overlay(const std::string& root, const std::string& layers) {
  const std::string options = fmt::format("lowerdir={},upperdir={}/upper,workdir={}/work", root, layers, layers);
  if (mount("overlay", root.c_str(), "overlay", 0, options.c_str()) == 0) return {};
  if (mount("overlay", root.c_str(), "overlay", 0, (options + ",userxattr").c_str()) == 0) return {};
  return Failed("mount -t overlay " + root);
}

/// The folder that gets an overlay: /etc, else the nearest one that exists.
std::string RootOf(const std::string& place) {
  if (place.starts_with("/etc/")) return "/etc";
  fs::path folder = fs::path(place).parent_path();
  std::error_code ec;
  while (!fs::is_directory(folder, ec) && folder != folder.parent_path()) folder = folder.parent_path();
  return folder.string();
}

Status ShowBelow(const std::string& root, const std::string& layers, const std::vector<const ShownFile*>& files,
                 std::vector<std::string>* problems) {
  SLUICE_RETURN_IF_ERROR(MakeFolders(layers + "/upper"));
  SLUICE_RETURN_IF_ERROR(MakeFolders(layers + "/work"));
  struct stat status {};
  if (stat(root.c_str(), &status) == 0) chmod((layers + "/upper").c_str(), status.st_mode & 07777);
  for (const ShownFile* file : files) {
    const std::string path = layers + "/upper" + file->place.substr(root.size());
    SLUICE_RETURN_IF_ERROR(MakeFolders(fs::path(path).parent_path().string()));
    SLUICE_RETURN_IF_ERROR(WriteFileAtomically(path, file->content));
    chmod(path.c_str(), 0644);
  }
  const std::vector<OpenMount> covered = MountsBelow(root, files);
  SLUICE_RETURN_IF_ERROR(Overlay(root, layers));
  for (const OpenMount& one : covered) {
    const std::string source = fmt::format("/proc/self/fd/{}", one.fd);
    if (mount(source.c_str(), one.path.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
      problems->push_back(fmt::format("{} cannot be shown again: {}", one.path, std::strerror(errno)));
    }
    close(one.fd);
  }
  return {};
}

}  // namespace

Status ShowFiles(const std::vector<ShownFile>& files, std::vector<std::string>* problems) {
  std::map<std::string, std::vector<const ShownFile*>> by_root;
  for (const ShownFile& file : files) by_root[RootOf(file.place)].push_back(&file);
  SLUICE_ASSIGN_OR_RETURN(const std::string layers, MakeTemporaryFolder("sluice-view"));
  if (Status own = OwnNamespace(); !own.ok()) {
    rmdir(layers.c_str());
    return own;
  }
  // The layers live in memory and go with the last process of the namespace; only the empty folder stays behind.
  if (mount("tmpfs", layers.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=32m") != 0) {
    rmdir(layers.c_str());
    return Failed("mount -t tmpfs");
  }
  int number = 0;
  Status etc;
  for (const auto& [root, shown] : by_root) {
    const Status done = root == "/" ? Status(Error(ErrorCode::kIo, "there is no folder to show it in"))
                                    : ShowBelow(root, fmt::format("{}/{}", layers, ++number), shown, problems);
    if (done.ok()) continue;
    if (root == "/etc") etc = done;
    if (root != "/etc")
      problems->push_back(fmt::format("{} cannot be shown: {}", shown[0]->place, done.error().message()));
  }
  umount2(layers.c_str(), MNT_DETACH);
  rmdir(layers.c_str());
  return etc;
}

}  // namespace sluice::service
