// The parts of the string family; AddStringFunctions adds them all.
#pragma once

#include "engine/functions/function.h"
#include "engine/functions/row_call.h"
#include "engine/functions/signature_rules.h"

namespace sluice::engine {

void AddStringCaseFunctions(FunctionRegistry& r);    // UPPER, LOWER, INITCAP, REVERSE, CHAR_LENGTH, ASCII, CHR
void AddStringConcatFunctions(FunctionRegistry& r);  // ||, CONCAT, CONCAT_WS, REPEAT, LPAD, RPAD, ELT
void AddStringPartFunctions(FunctionRegistry& r);    // SUBSTRING, LEFT, RIGHT, TRIM, LTRIM, RTRIM, BTRIM, OVERLAY
void AddStringSearchFunctions(
    FunctionRegistry& r);                           // POSITION, LOCATE, INSTR, STARTSWITH, ENDSWITH, REPLACE, TRANSLATE
void AddStringSplitFunctions(FunctionRegistry& r);  // SPLIT, SPLIT_INDEX, STR_TO_MAP
void AddStringEncodingFunctions(FunctionRegistry& r);  // TO_BASE64, FROM_BASE64, ENCODE, DECODE, URL_ENCODE, URL_DECODE
void AddStringAddressFunctions(FunctionRegistry& r);   // PARSE_URL, INET_ATON, INET_NTOA
void AddStringTestFunctions(FunctionRegistry& r);      // IS_ALPHA, IS_DECIMAL, IS_DIGIT
void AddStringFormatFunctions(FunctionRegistry& r);    // PRINTF

/// VARCHAR as long as argument `i`, whether that is CHAR or VARCHAR.
ResultRule ReturnsVarcharOf(size_t i, bool always_nullable);

}  // namespace sluice::engine
