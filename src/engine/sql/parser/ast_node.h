// What every node of the syntax tree has: its place in the user's text. Names and options, which all node families use.
// The tree is plain data: each node owns its children by unique_ptr, holds no pointer upwards and nothing into the
// text.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::engine::ast {

/// Bytes [begin, end) of the text that was given to the parser (for a script: of the whole script).
struct TextRange {
  size_t begin = 0;
  size_t end = 0;
};

struct Node {
  TextPosition position;  ///< of the first character; columns count UTF-16 units, as Flink does
  TextRange range;
};

/// One part of a name, unquoted and unescaped, in the user's spelling: Flink's identifiers keep their case.
struct Identifier : Node {
  std::string name;
  bool quoted = false;  ///< written in back-quotes
};

/// `catalog`.`database`.`object` or a shorter form; empty() if the statement did not name anything.
struct CompoundName : Node {
  std::vector<Identifier> parts;
  bool empty() const { return parts.empty(); }
  /// The parts joined by '.', without quotes: for messages.
  std::string ToString() const;
};

/// A character string literal with its escapes resolved.
struct StringValue : Node {
  std::string value;
  bool operator==(const std::string& other) const { return value == other; }
};

/// 'key' = 'value' of WITH (...), SET (...) and the like; order and duplicates are kept.
struct Property {
  StringValue key;
  StringValue value;
};

struct Expr;
struct Type;
struct Query;
struct TableRef;
struct Statement;
/// The deleters are defined in ast.cc, so that a header may own a child whose type it does not know yet.
struct NodeDeleter {
  void operator()(Expr* node) const;
  void operator()(Type* node) const;
  void operator()(Query* node) const;
  void operator()(TableRef* node) const;
  void operator()(Statement* node) const;
};
using ExprPtr = std::unique_ptr<Expr, NodeDeleter>;
using TypePtr = std::unique_ptr<Type, NodeDeleter>;
using QueryPtr = std::unique_ptr<Query, NodeDeleter>;
using TableRefPtr = std::unique_ptr<TableRef, NodeDeleter>;
using StatementPtr = std::unique_ptr<Statement, NodeDeleter>;

/// `/*+ NAME(a, b) */` or `/*+ NAME('k'='v') */`; which of the lists is filled depends on how it was written.
struct Hint : Node {
  Identifier name;
  std::vector<StringValue> arguments;  ///< identifiers or literals, as text
  std::vector<Property> options;
};

}  // namespace sluice::engine::ast
