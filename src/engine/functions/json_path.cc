#include "engine/functions/json_path.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/functions/json_filter.h"

namespace sluice::engine {

namespace {

/// Elements [from, to) of an array of `size`, negative ones from the end.
std::pair<int64_t, int64_t> SliceBounds(std::optional<int64_t> from, std::optional<int64_t> to, int64_t size) {
  auto bound = [size](int64_t b) { return std::clamp<int64_t>(b < 0 ? b + size : b, 0, size); };
  return {from ? bound(*from) : 0, to ? bound(*to) : size};
}

const JsonNode* ItemAt(const JsonNode& node, int64_t index) {
  const auto size = static_cast<int64_t>(node.items.size());
  const int64_t i = index < 0 ? index + size : index;
  return node.kind == JsonNode::Kind::kArray && i >= 0 && i < size ? &node.items[static_cast<size_t>(i)] : nullptr;
}

}  // namespace

JsonPath::~JsonPath() = default;

bool JsonPath::Step::definite() const {
  return !deep && ((kind == Kind::kMembers && names.size() == 1) || (kind == Kind::kIndices && indices.size() == 1));
}

std::string JsonPath::Text(size_t steps) const {
  std::string out = "$";
  for (size_t i = 0; i < steps; ++i) {
    const Step& s = steps_[i];
    out += s.kind == Step::Kind::kMembers ? fmt::format("['{}']", fmt::join(s.names, "','"))
                                          : fmt::format("[{}]", fmt::join(s.indices, ","));
  }
  return out;
}

void JsonPath::Select(const JsonNode& node, size_t step, const JsonNode& root, std::vector<JsonNode>& out) const {
  if (step == steps_.size()) {
    out.push_back(node);
    return;
  }
  SelectHere(node, step, root, out);
  if (!steps_[step].deep) return;
  for (const JsonNode& item : node.items) Select(item, step, root, out);
  for (const auto& [name, value] : node.members) Select(value, step, root, out);
}

void JsonPath::SelectHere(const JsonNode& node, size_t step, const JsonNode& root, std::vector<JsonNode>& out) const {
  const Step& s = steps_[step];
  const auto size = static_cast<int64_t>(node.items.size());
  switch (s.kind) {
    case Step::Kind::kMembers: {
      if (s.names.size() > 1 && step + 1 == steps_.size()) {
        JsonNode merged;
        merged.kind = JsonNode::Kind::kObject;
        for (const std::string& name : s.names) {
          if (const JsonNode* v = node.Find(name)) merged.Set(name, *v);
        }
        if (node.kind == JsonNode::Kind::kObject) out.push_back(std::move(merged));
        return;
      }
      for (const std::string& name : s.names) {
        if (const JsonNode* v = node.Find(name)) Select(*v, step + 1, root, out);
      }
      return;
    }
    case Step::Kind::kIndices:
      for (int64_t index : s.indices) {
        if (const JsonNode* v = ItemAt(node, index)) Select(*v, step + 1, root, out);
      }
      return;
    case Step::Kind::kSlice: {
      const auto [from, to] = SliceBounds(s.from, s.to, size);
      for (int64_t i = from; i < to; ++i) Select(node.items[static_cast<size_t>(i)], step + 1, root, out);
      return;
    }
    case Step::Kind::kWildcard:
      for (const JsonNode& item : node.items) Select(item, step + 1, root, out);
      for (const auto& [name, value] : node.members) Select(value, step + 1, root, out);
      return;
    case Step::Kind::kFilter:
      if (node.kind == JsonNode::Kind::kObject) {
        if (s.filter->Holds(node, root)) Select(node, step + 1, root, out);
        return;
      }
      for (const JsonNode& item : node.items) {
        if (s.filter->Holds(item, root)) Select(item, step + 1, root, out);
      }
      return;
  }
}

Result<const JsonNode*> JsonPath::FollowDefinite(const JsonNode& document, size_t count) const {
  const JsonNode* node = &document;
  for (size_t i = 0; i < count; ++i) {
    const Step& s = steps_[i];
    const bool last = i + 1 == steps_.size();
    const JsonNode* next = nullptr;
    if (s.kind == Step::Kind::kMembers) {
      if (node->kind != JsonNode::Kind::kObject) {
        return Error(ErrorCode::kData,
                     fmt::format("Expected to find an object with property ['{}'] in path {}", s.names[0], Text(i)));
      }
      next = node->Find(s.names[0]);
    } else {
      if (node->kind != JsonNode::Kind::kArray) {
        return Error(ErrorCode::kData, fmt::format("Filter: [{}] can only be applied to arrays. Current context is: {}",
                                                   s.indices[0], JsonText(*node)));
      }
      next = ItemAt(*node, s.indices[0]);
    }
    if (next == nullptr) {
      const bool no_results = last || s.kind != Step::Kind::kMembers;
      return Error(ErrorCode::kData,
                   (no_results ? "No results for path: " : "Missing property in path ") + Text(i + 1));
    }
    node = next;
  }
  return node;
}

Result<JsonNode> JsonPath::Evaluate(const JsonNode& document) const {
  if (!function_) return EvaluateSteps(document);
  SLUICE_ASSIGN_OR_RETURN(JsonNode found, EvaluateSteps(document));
  // "$..a.f()" is f of all that is found; behind other paths to many values f is of each of them.
  const bool of_all = steps_.empty() || steps_[0].deep ||
                      std::all_of(steps_.begin(), steps_.end(), [](const Step& s) { return s.definite(); });
  if (of_all) return ApplyJsonPathFunction(*function_, function_argument_, found);
  for (JsonNode& item : found.items) {
    SLUICE_ASSIGN_OR_RETURN(item, ApplyJsonPathFunction(*function_, function_argument_, item));
  }
  return found;
}

Result<JsonNode> JsonPath::EvaluateSteps(const JsonNode& document) const {
  const auto open = std::find_if(steps_.begin(), steps_.end(), [](const Step& s) { return !s.definite(); });
  const auto definite = static_cast<size_t>(open - steps_.begin());
  SLUICE_ASSIGN_OR_RETURN(const JsonNode* start, FollowDefinite(document, definite));
  if (definite == steps_.size()) return *start;
  // Below a definite path, only arrays have elements by number.
  const bool by_number = open->kind == Step::Kind::kSlice || open->kind == Step::Kind::kIndices;
  if (by_number && !open->deep && start->kind != JsonNode::Kind::kArray) {
    return Error(ErrorCode::kData,
                 "Filter: a slice can only be applied to arrays. Current context is: " + JsonText(*start));
  }
  std::vector<JsonNode> found;
  Select(*start, definite, document, found);
  const bool merged = std::all_of(steps_.begin(), steps_.end() - 1, [](const Step& s) { return s.definite(); }) &&
                      steps_.back().kind == Step::Kind::kMembers && !steps_.back().deep;
  if (merged) {
    if (found.empty()) return Error(ErrorCode::kData, fmt::format("No results for path: {}", Text(steps_.size())));
    return std::move(found.front());
  }
  JsonNode out;
  out.kind = JsonNode::Kind::kArray;
  out.items = std::move(found);
  return out;
}

}  // namespace sluice::engine
