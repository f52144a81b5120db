// Splits bytes into CSV records with the rules of Jackson's CsvDecoder.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/csv/csv_options.h"

namespace sluice::engine::csv {

enum class RecordState : uint8_t {
  kRecord,      // fields() holds it
  kComment,     // a comment line was passed
  kIncomplete,  // more bytes are needed
  kBroken,      // error() says why; the position is behind the line
};

/// Not thread-safe.
class RecordSplitter {
 public:
  explicit RecordSplitter(const CsvOptions& options) : options_(options) {}

  /// Reads one record from [*p, limit) and moves *p behind it and its line end. Fields are views into the bytes, or
  /// into the splitter until the next call.
  RecordState Next(const char** p, const char* limit, bool last);
  const std::vector<std::string_view>& fields() const { return fields_; }
  const std::string& error() const { return error_; }

 private:
  RecordState Quoted(const char** p, const char* limit, bool last);
  RecordState Plain(const char** p, const char* limit, bool last);
  std::string& Scratch();
  static void SkipLine(const char** p, const char* limit);

  const CsvOptions& options_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> scratch_;  // texts of fields with escapes
  size_t scratch_used_ = 0;
  std::string error_;
};

}  // namespace sluice::engine::csv
