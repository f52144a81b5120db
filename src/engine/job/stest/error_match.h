// When does our refusal of a statement count as Flink's? The rule for `error` blocks, made checkable:
//
// 1. The error is about the user's statement or data: its code is one of SQL_SYNTAX, SQL_VALIDATION, OPTION, DATA,
//    ARITHMETIC, INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, CONFLICT, IO. "Not supported yet", internal errors,
//    time-outs and cancellation never pass.
// 2. A statement that Flink could parse must not be refused by our parser ("Encountered …"), and the reverse: otherwise
//    missing syntax would pass as a validation error.
// 3. The error names what Flink's message names. From Flink's message, up to the first piece of advice ("Supported
//    form(s)", "Was expecting", "Supported options", …), these names are taken:
//    - texts in quotes of any kind: 'x', "x", `x`; of a qualified default_catalog.default_database.t only t;
//      of a call form such as 'SIN(<CHAR(1)>)' each type between angle brackets;
//    - words with a dot or an underscore in them (option keys, long names);
//    - words in capitals that are a SQL type or occur in the statement (functions, patterns);
//    - numbers of two or more digits that occur in the statement.
//    Class names of Java, generated names (EXPR$0) and quoted texts longer than 60 bytes are left out. Each name must
//    occur in our message, bounded as a word; case does not matter and synonyms of types (INT/INTEGER,
//    STRING/VARCHAR(2147483647), BYTES/VARBINARY(2147483647)) are equal. For "Encountered "x y"" only x must occur.
// A message that holds Flink's whole sentence (of 16 bytes or more) word for word satisfies rule 3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::engine::stest {

/// The names that rule 3 demands of an error for `statement` where Flink says `flink_message` (not escaped).
std::vector<std::string> RequiredNames(std::string_view statement, std::string_view flink_message);

/// nullopt if `error` counts as Flink's refusal; else why not, in a few words.
std::optional<std::string> WhyNotTheSameError(std::string_view statement, std::string_view flink_message,
                                              const Error& error);

/// For `unsupported` blocks: any clear refusal passes, a crash, an internal error or a time-out does not.
bool IsClearRefusal(const Error& error);

}  // namespace sluice::engine::stest
