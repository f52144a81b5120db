#include "engine/job/stest/test_runner.h"

#include <filesystem>
#include <fstream>

#include "base/files.h"

namespace sluice::engine::stest {
namespace {

/// The lines of the body, each ended by a newline.
Status WriteInputFile(const std::string& dir, const Block& block) {
  const std::filesystem::path path = std::filesystem::path(dir) / block.argument;
  SLUICE_RETURN_IF_ERROR(MakeFolders(path.parent_path().string()));
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  for (const std::string& line : block.body) out << line << '\n';
  out.close();
  if (!out) return Error(ErrorCode::kIo, "cannot write the input file " + path.string());
  return {};
}

Result<StatementOutput> RunBlock(const Block& block, const std::string& dir, StatementRunner& runner,
                                 std::chrono::milliseconds limit) {
  if (block.kind == BlockKind::kFile) {
    SLUICE_RETURN_IF_ERROR(WriteInputFile(dir, block));
    return StatementOutput{};
  }
  return runner.Run(block.Statement(dir), limit);
}

}  // namespace

void RunTestFile(const TestFile& file, const StatementRunnerFactory& factory, const RunOptions& options,
                 const RunObserver& observer) {
  std::unique_ptr<StatementRunner> runner = factory(file.batch);
  for (size_t i = 0; i < file.blocks.size(); ++i) {
    if (options.skip.contains(i)) continue;
    const Block& block = file.blocks[i];
    observer.before(i);
    observer.after(
        i, CheckBlock(block, options.dir, RunBlock(block, options.dir, *runner, options.block_limit), options.ordered));
  }
}

}  // namespace sluice::engine::stest
