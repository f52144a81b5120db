#include "engine/formats/json/json_tree.h"

#include "engine/formats/json/json_text.h"
#include "engine/types/number_text.h"

namespace sluice::engine::json {

bool Document::Parse(std::string_view text) {
  nodes_.clear();
  error_.clear();
  decoded_.clear();
  decoded_.reserve(text.size());
  in_.Start(text);
  if (in_.Next() == Token::kNone) return true;
  nodes_.emplace_back();
  if (ReadValue(0)) return true;
  if (error_.empty()) error_ = in_.error();
  nodes_.clear();
  return false;
}

/// The tokenizer's text moves with its next call; what was decoded is kept here.
bool Document::TakeText(std::string_view* out, bool* in_text) {
  std::string_view text;
  if (!in_.Text(&text)) {
    error_ = in_.error().empty() ? "Malformed string" : in_.error();
    return false;
  }
  *in_text = text.empty() || text.data() == in_.raw().data();
  if (*in_text) {
    *out = text;
    return true;
  }
  const size_t at = decoded_.size();
  decoded_ += text;
  *out = {decoded_.data() + at, text.size()};
  return true;
}

uint32_t Document::AddChild(uint32_t parent, uint32_t* last) {
  const auto child = static_cast<uint32_t>(nodes_.size());
  nodes_.emplace_back();
  if (*last == 0) {
    nodes_[parent].first = child;
  } else {
    nodes_[*last].next = child;
  }
  *last = child;
  ++nodes_[parent].count;
  return child;
}

bool Document::ReadValue(uint32_t at) {
  switch (in_.current()) {
    case Token::kStartObject: return ReadObject(at);
    case Token::kStartArray: return ReadArray(at);
    case Token::kString: {
      Node& node = nodes_[at];
      node.kind = NodeKind::kString;
      return TakeText(&node.text, &node.in_text);
    }
    case Token::kInt: nodes_[at].kind = NodeKind::kInt; break;
    case Token::kFloat: nodes_[at].kind = NodeKind::kFloat; break;
    case Token::kTrue: nodes_[at].kind = NodeKind::kTrue; break;
    case Token::kFalse: nodes_[at].kind = NodeKind::kFalse; break;
    case Token::kNull: nodes_[at].kind = NodeKind::kNull; break;
    default: return false;
  }
  nodes_[at].text = in_.raw();
  nodes_[at].in_text = true;
  return true;
}

bool Document::ReadObject(uint32_t at) {
  nodes_[at].kind = NodeKind::kObject;
  uint32_t last = 0;
  while (in_.Next() != Token::kEndObject) {
    if (in_.current() != Token::kFieldName) return false;
    std::string_view name;
    bool in_text = false;
    if (!TakeText(&name, &in_text)) return false;
    // A repeated field keeps its place and takes the last value.
    uint32_t child = nodes_[at].first;
    while (child != 0 && nodes_[child].name != name) child = nodes_[child].next;
    if (child == 0) {
      child = AddChild(at, &last);
    } else {
      const uint32_t next = nodes_[child].next;
      nodes_[child] = {};
      nodes_[child].next = next;
    }
    nodes_[child].name = name;
    in_.Next();
    if (!ReadValue(child)) return false;
  }
  return true;
}

bool Document::ReadArray(uint32_t at) {
  nodes_[at].kind = NodeKind::kArray;
  uint32_t last = 0;
  while (in_.Next() != Token::kEndArray) {
    const uint32_t child = AddChild(at, &last);
    if (!ReadValue(child)) return false;
  }
  return true;
}

const Node* Document::Get(const Node* object, std::string_view name) const {
  if (object == nullptr || object->kind != NodeKind::kObject) return nullptr;
  const Node* field = first(*object);
  while (field != nullptr && field->name != name) field = next(*field);
  return field;
}

const Node* Document::FindValue(const Node* node, std::string_view name) const {
  if (node == nullptr || !node->is_container()) return nullptr;
  if (const Node* own = Get(node, name); own != nullptr) return own;
  for (const Node* child = first(*node); child != nullptr; child = next(*child)) {
    if (const Node* found = FindValue(child, name); found != nullptr) return found;
  }
  return nullptr;
}

namespace {

void AppendNumber(const Node& node, bool decimals, std::string& out) {
  if (node.kind == NodeKind::kInt) {
    out += node.text == "-0" ? std::string_view("0") : node.text;
  } else if (!decimals || !AppendBigDecimal(out, node.text, true, false)) {
    AppendDoubleNode(out, ParseDouble(node.text).value_or(0));
  }
}

}  // namespace

std::string_view Document::AsText(const Node& node, bool decimals, std::string& scratch) const {
  if (node.is_container()) return {};
  if (node.kind == NodeKind::kFloat || node.text == "-0") {
    if (node.kind == NodeKind::kString) return node.text;
    scratch.clear();
    AppendNumber(node, decimals, scratch);
    // Only a tree written as JSON has infinity in quotes.
    return scratch.starts_with('"') ? std::string_view(scratch).substr(1, scratch.size() - 2) : scratch;
  }
  return node.text;
}

void Document::Write(const Node& node, bool decimals, std::string& out) const {
  switch (node.kind) {
    case NodeKind::kObject:
    case NodeKind::kArray: {
      const bool object = node.kind == NodeKind::kObject;
      out.push_back(object ? '{' : '[');
      for (const Node* child = first(node); child != nullptr; child = next(*child)) {
        if (child != first(node)) out.push_back(',');
        if (object) {
          AppendQuoted(out, child->name);
          out.push_back(':');
        }
        Write(*child, decimals, out);
      }
      out.push_back(object ? '}' : ']');
      return;
    }
    case NodeKind::kInt:
    case NodeKind::kFloat: AppendNumber(node, decimals, out); return;
    case NodeKind::kString: AppendQuoted(out, node.text); return;
    default: out += node.text;
  }
}

}  // namespace sluice::engine::json
