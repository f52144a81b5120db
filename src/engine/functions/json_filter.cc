#include "engine/functions/json_filter.h"

#include <algorithm>
#include <cstdlib>

namespace sluice::engine {

namespace {

bool Same(const JsonNode& a, const JsonNode& b) {
  if (a.kind == JsonNode::Kind::kNumber && b.kind == JsonNode::Kind::kNumber) {
    return std::strtod(a.text.c_str(), nullptr) == std::strtod(b.text.c_str(), nullptr);
  }
  return JsonText(a) == JsonText(b);
}

/// An array an element, or a text a part.
bool Contains(const JsonNode& whole, const JsonNode& part) {
  if (whole.kind == JsonNode::Kind::kString && part.kind == JsonNode::Kind::kString) {
    return whole.text.find(part.text) != std::string::npos;
  }
  return std::any_of(whole.items.begin(), whole.items.end(), [&](const JsonNode& item) { return Same(item, part); });
}

/// -1: has no size.
int64_t SizeOf(const JsonNode& node) {
  if (node.kind == JsonNode::Kind::kArray) return static_cast<int64_t>(node.items.size());
  return node.kind == JsonNode::Kind::kString ? static_cast<int64_t>(node.text.size()) : -1;
}

}  // namespace

bool JsonFilter::Operand(const JsonNode& current, const JsonNode& root, JsonNode& out) const {
  if (kind == Kind::kLiteral) {
    out = literal;
    return true;
  }
  auto found = path->Evaluate(from_root ? root : current);
  if (!found.ok()) return false;
  out = std::move(*found);
  return true;
}

bool JsonFilter::Holds(const JsonNode& current, const JsonNode& root) const {
  using NodeKind = JsonNode::Kind;
  switch (kind) {
    case Kind::kAnd: return args[0].Holds(current, root) && args[1].Holds(current, root);
    case Kind::kOr: return args[0].Holds(current, root) || args[1].Holds(current, root);
    case Kind::kNot: return !args[0].Holds(current, root);
    case Kind::kExists: {
      JsonNode found;
      return args[0].Operand(current, root, found);
    }
    default: break;
  }
  JsonNode a, b;
  const bool known = args[0].Operand(current, root, a) && args[1].Operand(current, root, b);
  if (!known) return kind == Kind::kNotEqual || kind == Kind::kNotIn;
  switch (kind) {
    case Kind::kEqual: return Same(a, b);
    case Kind::kNotEqual: return !Same(a, b);
    case Kind::kIn: return Contains(b, a);
    case Kind::kNotIn: return !Contains(b, a);
    case Kind::kContains: return Contains(a, b);
    case Kind::kSize: return b.kind == NodeKind::kNumber && SizeOf(a) == std::strtoll(b.text.c_str(), nullptr, 10);
    case Kind::kEmpty: return SizeOf(a) >= 0 && (SizeOf(a) == 0) == (b.kind == NodeKind::kTrue);
    default: break;
  }
  int order = 0;
  if (a.kind == NodeKind::kNumber && b.kind == NodeKind::kNumber) {
    const double x = std::strtod(a.text.c_str(), nullptr), y = std::strtod(b.text.c_str(), nullptr);
    order = x < y ? -1 : x > y ? 1 : 0;
  } else if (a.kind == NodeKind::kString && b.kind == NodeKind::kString) {
    order = a.text.compare(b.text);
  } else {
    return false;
  }
  switch (kind) {
    case Kind::kLess: return order < 0;
    case Kind::kLessEqual: return order <= 0;
    case Kind::kGreater: return order > 0;
    default: return order >= 0;
  }
}

}  // namespace sluice::engine
