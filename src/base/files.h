// Small file operations; errors as in base/file_descriptor.h. Paths are UTF-8; relative ones are relative to the
// process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice {

/// The whole content of a file.
Result<std::string> ReadFile(const std::string& path);

/// Replaces `path` so that after a crash at any moment it holds either the old content or all of the new: writes a
/// temporary file beside it, fsyncs, renames, fsyncs the folder. The folder must exist.
Status WriteFileAtomically(const std::string& path, std::string_view content);

/// Creates a folder and its parents; fine if it exists.
Status MakeFolders(const std::string& path);

/// The names (not paths) of a folder's entries, sorted bytewise; kNotFound if there is no such folder.
Result<std::vector<std::string>> ListFolder(const std::string& path);

/// Removes a file or a folder with all that is in it; fine if there is none.
Status RemoveTree(const std::string& path);

/// A new empty folder under the system's folder for temporary files, its name beginning with `prefix`. The caller
/// removes it.
Result<std::string> MakeTemporaryFolder(std::string_view prefix);

}  // namespace sluice
