#include "engine/connectors/filesystem/file_rows.h"

namespace sluice::engine::filesystem {
namespace {

class StructuredSplit : public SplitRows {
 public:
  StructuredSplit(std::unique_ptr<FileReader> reader, uint64_t offset) : reader_(std::move(reader)), offset_(offset) {}

  Result<bool> Read(size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>&, size_t* made) override {
    SLUICE_ASSIGN_OR_RETURN(*made, reader_->Read(max_rows, columns));
    offset_ += *made;
    return *made > 0;
  }
  uint64_t offset() const override { return offset_; }

 private:
  const std::unique_ptr<FileReader> reader_;
  uint64_t offset_;
};

}  // namespace

Result<std::unique_ptr<SplitRows>> OpenStructuredSplit(const Split& split, const Format& format,
                                                       const DecodeRequest& request,
                                                       std::shared_ptr<RandomAccessFile> file) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<FileReader> reader,
                          format.open_file(request, std::move(file), {split.begin, split.end, split.offset}));
  return std::unique_ptr<SplitRows>(std::make_unique<StructuredSplit>(std::move(reader), split.offset));
}

}  // namespace sluice::engine::filesystem
