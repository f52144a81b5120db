// What the decoders of the changelog formats share: a record is one JSON document that describes a change of one or
// more rows; each row image becomes a row of the changelog.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/formats/cdc/cdc_metadata.h"
#include "engine/formats/cdc/cdc_options.h"
#include "engine/formats/json/json_plan.h"
#include "engine/formats/json/json_tree_convert.h"
#include "engine/formats/text/line_decoder.h"

namespace sluice::engine::cdc {

/// One thread. Follows Flink's XxxJsonDeserializationSchema.
class ChangeDecoder : public text::LineDecoder {
 public:
  ChangeDecoder(Dialect dialect, const DecodeRequest& request, CdcOptions options);

 protected:
  /// Reads the parsed record and emits its rows. False, with error_ (and whole_error_ if that is the whole message
  /// already), if it must be refused; rows emitted before stay only under ignore-parse-errors.
  virtual bool Read(const json::Node* root, std::string_view record, Target& target) = 0;

  Status DecodeRecord(std::string_view record, Target& target) final;
  void Bind(Target& target) override;
  void Unbind(Target& target, size_t from) override;

  /// An image that Flink converts to a row or to null: true if there is one. *ok is false if it must be refused.
  bool IsRow(const json::Node* image, std::string_view name, bool* ok);
  /// The image into row target.rows + `ahead`, whose slot is reserved.
  bool ReadImage(const json::Node& image, Target& target, size_t ahead);
  /// Only checks that the image can be read.
  bool CheckImage(const json::Node& image, Target& target);
  /// Row target.rows, whose image has been read, becomes part of the output.
  bool Emit(RowKind kind, const json::Node* root, const json::Node* record, Target& target);
  /// "op", "type": false if it is absent or null.
  bool ReadKind(const json::Node* node, std::string* text);
  bool UnknownKind(std::string_view field, std::string_view kind, std::string_view record);
  bool Fail(std::string message);

  const Dialect dialect_;
  const CdcOptions options_;
  const json::ReadPlan plan_;
  const size_t width_;
  std::vector<MetadataField> metadata_;
  json::Document document_;
  json::TreeConverter converter_;
  std::string error_;
  bool whole_error_ = false;

 private:
  void ClearSlots(Target& target);
};

/// debezium-json and ogg-json: {"before": …, "after": …, "op": …}.
Result<std::unique_ptr<Decoder>> MakeEnvelopeDecoder(Dialect dialect, const DecodeRequest& request,
                                                     const CdcOptions& options);
/// canal-json and maxwell-json: {"data": …, "old": …, "type": …}.
Result<std::unique_ptr<Decoder>> MakeDataOldDecoder(Dialect dialect, const DecodeRequest& request,
                                                    const CdcOptions& options);

}  // namespace sluice::engine::cdc
