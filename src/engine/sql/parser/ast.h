// The whole syntax tree of Flink SQL: names, types, expressions, queries, statements.
#pragma once

#include "engine/sql/parser/ast_statement.h"  // IWYU pragma: export
