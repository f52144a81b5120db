#include "service/runner/kubectl.h"

#include <fmt/format.h>

#include "base/files.h"
#include "service/runtimes/child_program.h"

namespace sluice::service {
namespace {

ErrorCode CodeOf(const std::string& words) {
  const auto says = [&](const char* text) { return words.find(text) != std::string::npos; };
  if (says("doesn't have a resource type") || says("no matches for kind")) return ErrorCode::kNotSupported;
  if (says("(NotFound)")) return ErrorCode::kNotFound;
  if (says("was refused") || says("Unable to connect") || says("no configuration has been provided") ||
      says("i/o timeout") || says("(ServiceUnavailable)") || says("request canceled")) {
    return ErrorCode::kIo;
  }
  return ErrorCode::kInvalidArgument;
}

}  // namespace

Result<std::string> Kubectl::Run(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {program_, "--request-timeout=20s"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto end = RunProgram(command);
  if (!end.ok()) {
    if (end.error().code() != ErrorCode::kNotFound) return end.error();
    return Error(ErrorCode::kIo,
                 fmt::format("applications on Kubernetes need the program {}, which is not there", program_));
  }
  if (end->status == 0) return std::move(end->output);
  std::string words = end->errors.empty() ? end->output : end->errors;
  while (words.ends_with('\n')) words.pop_back();
  return Error(CodeOf(words), "kubectl: " + words);
}

Status Kubectl::Apply(const std::string& manifest, const std::string& file) const {
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(file, manifest));
  // By the server, which then knows which members are ours, and says what does not fit its schema.
  auto applied =
      Run({"apply", "--server-side", "--force-conflicts", "--field-manager=sluice", "--validate=true", "-f", file});
  return applied.ok() ? Status() : Status(applied.error());
}

}  // namespace sluice::service
