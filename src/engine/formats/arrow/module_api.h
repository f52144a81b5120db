// What the engine and libsluice_arrow.so, which alone knows Arrow's C++ classes, say to each other: plain C, so that
// neither side's C++ library or memory matters to the other. See docs/design/files.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/formats/arrow/c_data.h"

extern "C" {

/// Bytes of a file, read on the calling thread during the calls below.
struct SluiceFileBytes {
  void* self;
  int64_t size;
  /// Answers the number of bytes read (fewer only at the file's end), or -1; the caller keeps the reason.
  int64_t (*read_at)(void* self, int64_t offset, void* to, int64_t size);
};

/// Which part of a file to read. All pointers but file.self need to live during the call only.
struct SluiceReadRequest {
  SluiceFileBytes file;
  int64_t begin, end;          // row groups or stripes that begin in [begin, end)
  int64_t skip_rows;           // rows of these that were read before
  int64_t batch_rows;          // most rows of one array
  const char* const* columns;  // paths of fields, their names joined by '\x1f'; those not in the file are left out
  size_t column_count;
  int32_t nanoseconds;  // INT96 timestamps: 1 = as nanoseconds (1677 to 2262), 0 = as microseconds
};

struct SluiceWriteRequest {
  struct ArrowSchema* schema;  // taken over
  void* self;
  /// 0 = written; the caller keeps the reason of a failure.
  int32_t (*write)(void* self, const void* bytes, int64_t size);
  const char* const* options;  // the format's own: name, value, name, value, …
  size_t option_count;         // pairs
  int32_t int96_timestamps;    // parquet
};

/// Functions answer 0, or write a message into `message` and answer something else.
struct SluiceArrowModule {
  int32_t version;
  int32_t (*open_parquet)(const SluiceReadRequest*, struct ArrowArrayStream* out, char* message, size_t message_size);
  int32_t (*open_orc)(const SluiceReadRequest*, struct ArrowArrayStream* out, char* message, size_t message_size);
  int32_t (*create_parquet)(const SluiceWriteRequest*, void** writer, char* message, size_t message_size);
  int32_t (*create_orc)(const SluiceWriteRequest*, void** writer, char* message, size_t message_size);
  /// Takes the array over. The rows may be written later, at the latest by `finish`.
  int32_t (*write)(void* writer, struct ArrowArray* rows, char* message, size_t message_size);
  int32_t (*finish)(void* writer, char* message, size_t message_size);
  void (*destroy)(void* writer);
};

#define SLUICE_ARROW_MODULE_VERSION 1
#define SLUICE_ARROW_MODULE_ENTRY "sluice_arrow_module"
typedef const SluiceArrowModule* (*SluiceArrowModuleEntry)(void);
}
