#include "engine/formats/arrow/arrow_library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <string>

namespace sluice::engine::arrow_files {
namespace {

constexpr const char* kName = "libsluice_arrow.so";

std::string ProgramFolder() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  if (size <= 0) return ".";
  const std::string whole(path, static_cast<size_t>(size));
  return whole.substr(0, whole.rfind('/'));
}

}  // namespace

Result<const SluiceArrowModule*> LoadArrowModule() {
  const std::string folder = ProgramFolder();
  std::string reason;
  for (const std::string& path : {folder + "/" + kName, folder + "/../lib/" + kName}) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) {
      if (const char* text = dlerror(); text != nullptr && reason.empty()) reason = text;
      continue;
    }
    void* symbol = dlsym(library, SLUICE_ARROW_MODULE_ENTRY);
    if (symbol == nullptr) return Error(ErrorCode::kInternal, path + " is not Sluice's Arrow module.");
    const SluiceArrowModule* module = reinterpret_cast<SluiceArrowModuleEntry>(symbol)();
    if (module->version != SLUICE_ARROW_MODULE_VERSION) {
      return Error(ErrorCode::kInternal, path + " has the version " + std::to_string(module->version) +
                                             " of the module interface; this program needs version " +
                                             std::to_string(SLUICE_ARROW_MODULE_VERSION) + ".");
    }
    return module;
  }
  return Error(ErrorCode::kUnavailable, "Parquet and ORC files need " + std::string(kName) + " beside the program (" +
                                            folder + "): it cannot be loaded (" + reason +
                                            "). 'scripts/setup.sh arrow' and a new build make it from source.");
}

}  // namespace sluice::engine::arrow_files
