// How a test run is told: failing blocks as diffs, a table by folder, JUnit XML.
#pragma once

#include <string>
#include <vector>

#include "engine/job/stest/supervisor.h"

namespace sluice::engine::stest {

/// "FAIL path:line kind: note", the statement, and a diff: "-" lines are expected, "+" lines came.
std::string FailureText(const TestFile& file, const Block& block, const BlockReport& report);

/// Lines that lead from `expected` to `actual`: " same", "-missing", "+unexpected"; long equal stretches shortened.
std::vector<std::string> DiffLines(const std::vector<std::string>& expected, const std::vector<std::string>& actual);

/// A table: folder, blocks, passed, percent; and the most frequent reasons of failure.
std::string SummaryText(const std::vector<FileReport>& reports);

/// JUnit XML: a testsuite a file, a testcase a counted block.
std::string JUnitXml(const std::vector<FileReport>& reports);

}  // namespace sluice::engine::stest
