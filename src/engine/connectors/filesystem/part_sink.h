// Bytes of a structured file on their way into its part file.
#pragma once

#include "engine/connectors/filesystem/storage.h"

namespace sluice::engine::filesystem {

/// The part file must outlive it.
class PartSink : public ByteSink {
 public:
  explicit PartSink(PartFile& file) : file_(file) {}
  Status Append(std::string_view bytes) override {
    file_.buffer().append(bytes);
    return file_.Wrote(file_.last_write_ms());
  }

 private:
  PartFile& file_;
};

}  // namespace sluice::engine::filesystem
