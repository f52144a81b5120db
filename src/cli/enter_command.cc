// sluice enter --properties FILE PROGRAM ARGUMENTS…: becomes PROGRAM, which sees FILE as
// /etc/flink/application_properties.json. What starts an engine puts this before its command.
//
// The process gets a mount namespace of its own (as an ordinary user: by way of a user namespace), in which an overlay
// adds the file to /etc; nothing changes for anybody else. Where the machine does not permit that, the program is
// started all the same: the reason goes to standard error, and the file's place is in SLUICE_APPLICATION_PROPERTIES
// either way.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/files.h"
#include "cli/command.h"

namespace sluice::cli {
namespace {

constexpr const char* kVariable = "SLUICE_APPLICATION_PROPERTIES";
constexpr const char* kPlace = "/etc/flink/application_properties.json";

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

/// What is mounted below /etc (containers have resolv.conf and hosts there) would vanish under the overlay.
std::vector<OpenMount> MountsBelowEtc() {
  std::vector<OpenMount> out;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    if (!field.starts_with("/etc/")) continue;
    if (int fd = open(field.c_str(), O_PATH | O_CLOEXEC); fd >= 0) out.push_back({field, fd});
  }
  return out;
}

Status Overlay(const std::string& layers) {
  const std::string options = fmt::format("lowerdir=/etc,upperdir={}/upper,workdir={}/work", layers, layers);
  if (mount("overlay", "/etc", "overlay", 0, options.c_str()) == 0) return {};
  if (mount("overlay", "/etc", "overlay", 0, (options + ",userxattr").c_str()) == 0) return {};
  return Failed("mount -t overlay /etc");
}

/// `content` becomes kPlace for this process and its children.
Status ShowFile(const std::string& content) {
  SLUICE_ASSIGN_OR_RETURN(std::string layers, MakeTemporaryFolder("sluice-etc"));
  SLUICE_RETURN_IF_ERROR(OwnNamespace());
  // The layers live in memory and go with the last process of the namespace; only the empty folder stays behind.
  if (mount("tmpfs", layers.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m") != 0)
    return Failed("mount -t tmpfs");
  SLUICE_RETURN_IF_ERROR(MakeFolders(layers + "/upper/flink"));
  SLUICE_RETURN_IF_ERROR(MakeFolders(layers + "/work"));
  chmod((layers + "/upper").c_str(), 0755);
  const std::string file = layers + "/upper/flink/application_properties.json";
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(file, content));
  const std::vector<OpenMount> covered = MountsBelowEtc();
  SLUICE_RETURN_IF_ERROR(Overlay(layers));
  for (const OpenMount& one : covered) {
    const std::string source = fmt::format("/proc/self/fd/{}", one.fd);
    if (mount(source.c_str(), one.path.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
      std::fprintf(stderr, "sluice enter: %s cannot be shown again: %s\n", one.path.c_str(), std::strerror(errno));
    }
  }
  umount2(layers.c_str(), MNT_DETACH);
  rmdir(layers.c_str());
  return {};
}

}  // namespace

int RunEnterCommand(int argc, char** argv) {
  if (argc < 4 || std::strcmp(argv[1], "--properties") != 0) {
    std::fprintf(stderr, "usage: sluice enter --properties FILE PROGRAM [ARGUMENTS...]\n");
    return 2;
  }
  const char* file = argv[2];
  char** program = argv + 3;
  setenv(kVariable, file, 1);
  auto content = ReadFile(file);
  Status shown = content.ok() ? ShowFile(*content) : Status(content.error());
  if (!shown.ok()) {
    std::fprintf(stderr,
                 "sluice enter: the runtime properties cannot be shown at %s (%s); they are in %s, which %s names\n",
                 kPlace, shown.error().message().c_str(), file, kVariable);
  }
  execv(program[0], program);
  std::fprintf(stderr, "sluice enter: cannot start %s: %s\n", program[0], std::strerror(errno));
  return 127;
}

}  // namespace sluice::cli
