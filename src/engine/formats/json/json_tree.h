// A JSON document as a tree, for formats that Flink writes against Jackson's JsonNode (the changelog formats, and json
// with its tree parser): what an odd document means there follows from the whole tree, not from the order of tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/json/json_tokens.h"

namespace sluice::engine::json {

enum class NodeKind : uint8_t { kObject, kArray, kString, kInt, kFloat, kTrue, kFalse, kNull };

/// Siblings form a list; index 0 is the root, so 0 as an index of another node means none.
struct Node {
  NodeKind kind = NodeKind::kNull;
  bool in_text = false;   // `text` lies in the parsed document itself
  std::string_view name;  // of an object's field
  std::string_view text;  // strings decoded, numbers and words as written
  uint32_t first = 0;
  uint32_t next = 0;
  uint32_t count = 0;  // children

  bool is_container() const { return kind <= NodeKind::kArray; }
};

/// Reused for document after document: its memory grows to the largest one. Not thread-safe.
class Document {
 public:
  /// Reads the first value of `text`, which must outlive the use of the nodes; what follows it is not looked at, as
  /// ObjectMapper.readTree does. False on broken syntax, with error(). A text of blanks only has no root.
  bool Parse(std::string_view text);

  /// Null if the text held no value (Jackson's MissingNode).
  const Node* root() const { return nodes_.empty() ? nullptr : nodes_.data(); }
  const Node* first(const Node& node) const { return At(node.first); }
  const Node* next(const Node& node) const { return At(node.next); }
  /// JsonNode.get: null if `object` is none or lacks the field.
  const Node* Get(const Node* object, std::string_view name) const;
  /// JsonNode.findValue: the field of that name at any depth, nearest first.
  const Node* FindValue(const Node* node, std::string_view name) const;

  /// JsonNode.asText: empty for containers, "null" for null; numbers as Java prints them. `decimals`: numbers with a
  /// fraction were read as BigDecimal. The view lives as long as the document or until `scratch` changes.
  std::string_view AsText(const Node& node, bool decimals, std::string& scratch) const;
  /// JsonNode.toString, compact.
  void Write(const Node& node, bool decimals, std::string& out) const;

  const std::string& error() const { return error_; }

 private:
  const Node* At(uint32_t i) const { return i == 0 ? nullptr : &nodes_[i]; }
  bool ReadValue(uint32_t at);
  bool ReadObject(uint32_t at);
  bool ReadArray(uint32_t at);
  uint32_t AddChild(uint32_t parent, uint32_t* last);
  bool TakeText(std::string_view* out, bool* in_text);

  Tokenizer in_;
  std::vector<Node> nodes_;
  std::string decoded_;  // texts that differ from what the document says; never longer than it, so it never moves
  std::string error_;
};

}  // namespace sluice::engine::json
