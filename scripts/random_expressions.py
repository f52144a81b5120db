"""A grammar of scalar expressions for random_queries.py: every built-in function with arguments of every type.

A template stands for the type of its value; {type} in it becomes a column, a literal or another expression of that type, and now and
then one of a wrong type, so that refusals are compared, too.
"""
import json
import re

TABLE = """CREATE TABLE x (id INT, ti TINYINT, si SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE, d52 DECIMAL(5, 2), d10 DECIMAL(10, 0),
  dx DECIMAL(38, 18), d20 DECIMAL(20, 0), b BOOLEAN, s STRING, c CHAR(5), vc VARCHAR(10), ns STRING, byt BYTES, vb VARBINARY(4), dt DATE,
  tm TIME, ts TIMESTAMP(3), t6 TIMESTAMP(6), t0 TIMESTAMP(0), lz TIMESTAMP_LTZ(3), a ARRAY<INT>, sa ARRAY<STRING>, m MAP<STRING, INT>,
  r ROW<x INT, y STRING>, aa ARRAY<ARRAY<INT>>, ar ARRAY<ROW<x INT, y STRING>>, js STRING, ni INT NOT NULL, nn STRING NOT NULL)
  WITH ('connector' = 'filesystem', 'path' = '${dir}/x.jsonl', 'format' = 'json', 'json.timestamp-format.standard' = 'SQL')"""

# Boundaries, zeros, NULLs and ordinary values of each column.
ROWS = [
    {"id": 1, "ti": 1, "si": 2, "i": 3, "l": 4, "f": 1.5, "d": 2.25, "d52": 3.14, "d10": 7, "dx": "1.123456789012345678", "d20": 5, "b": True,
     "s": "hello", "c": "ab", "vc": "flink", "ns": "12", "byt": "YWJj", "vb": "AQI=", "dt": "2024-02-29", "tm": "10:11:12",
     "ts": "2024-02-29 10:11:12.123", "t6": "2024-02-29 10:11:12.123456", "t0": "2024-02-29 10:11:12", "lz": "2024-02-29 10:11:12.123Z",
     "a": [1, 2, 3], "sa": ["a", "b"], "m": {"k": 1, "z": None}, "r": {"x": 1, "y": "u"}, "aa": [[1], [2, 3]], "ar": [{"x": 1, "y": "p"}],
     "js": "{\"a\":1,\"b\":[1,2,{\"c\":\"x\"}],\"n\":null}", "ni": 10, "nn": "nn"},
    {"id": 2, "ti": -128, "si": -32768, "i": -2147483648, "l": -9223372036854775808, "f": -35000000000.0, "d": -1e+300, "d52": -999.99,
     "d10": -9999999999, "dx": "-0.5", "d20": -1, "b": False, "s": "", "c": "", "vc": "", "ns": "-3.5", "byt": "", "vb": "", "dt": "1969-12-31",
     "tm": "00:00:00", "ts": "1969-12-31 23:59:59.999", "t6": "1969-12-31 23:59:59.999999", "t0": "1969-12-31 23:59:59",
     "lz": "1969-12-31 23:59:59.999Z", "a": [], "sa": [], "m": {}, "r": {"x": None, "y": None}, "aa": [], "ar": [], "js": "[]", "ni": -1, "nn": ""},
    {"id": 3, "ti": 127, "si": 32767, "i": 2147483647, "l": 9223372036854775807, "f": 3.4028235e+38, "d": 1.7976931348623157e+308, "d52": 999.99,
     "d10": 9999999999, "dx": "99999999999999999999.999999999999999999", "d20": 99999999999999999999, "b": None, "s": "Ünï çödé 😀", "c": "éé",
     "vc": "a,b,,c", "ns": " 7 ", "byt": "/wCA", "vb": "/w==", "dt": "9999-12-31", "tm": "23:59:59", "ts": "9999-12-31 23:59:59.999",
     "t6": "2000-01-01 00:00:00.000001", "t0": "1900-03-01 12:00:00", "lz": "2038-01-19 03:14:08.000Z", "a": [None, 5, 5, None],
     "sa": ["x", None, ""], "m": {"": 0}, "r": {"x": 7, "y": ""}, "aa": [None, [None]], "ar": [None, {"x": None, "y": "q"}], "js": "not json",
     "ni": 0, "nn": "a%b_c"},
    {"id": 4, "ni": 7, "nn": "Z"},
    {"id": 5, "ti": 0, "si": 0, "i": 0, "l": 0, "f": 0.0, "d": 0.0, "d52": 0, "d10": 0, "dx": "0", "d20": 0, "b": True, "s": "2024-03-10 02:30:00",
     "c": "0", "vc": "true", "ns": "0", "byt": "AA==", "vb": "AAA=", "dt": "1970-01-01", "tm": "12:00:00", "ts": "1970-01-01 00:00:00",
     "t6": "1970-01-01 00:00:00", "t0": "1970-01-01 00:00:00", "lz": "1970-01-01 00:00:00Z", "a": [0], "sa": ["0"], "m": {"a": 5, "b": 6},
     "r": {"x": 0, "y": "0"}, "aa": [[0]], "ar": [{"x": 0, "y": None}], "js": "\"str\"", "ni": 5, "nn": "k=v&x=y"},
    {"id": 6, "ti": -1, "si": -7, "i": -13, "l": -100, "f": -0.1, "d": 0.1, "d52": -0.01, "d10": -5, "dx": "0.000000000000000001",
     "d20": 123456789012, "b": False, "s": "Hello World  foo-bar_baz", "c": "xyzzy", "vc": "%a_\\", "ns": "1e3", "byt": "aGVsbG8=", "vb": "////",
     "dt": "2024-12-30", "tm": "01:02:03", "ts": "2024-12-30 01:02:03.5", "t6": "2024-12-30 01:02:03.000500", "t0": "2024-06-15 23:00:00",
     "lz": "2024-07-01 12:00:00.5Z", "a": [3, 1, 2, 1], "sa": ["b", "a", "b"], "m": {"k": -1, "A": 2}, "r": {"x": -1, "y": "bb"}, "aa": [[1], [1]],
     "ar": [{"x": 1, "y": "p"}, {"x": 2, "y": "r"}], "js": "{\"a\":\"1.5\",\"b\":true,\"d\":{\"e\":[{\"f\":1},{\"f\":2}]}}", "ni": 2,
     "nn": "http://u:p@h.com:80/p/q?a=1&b=2#r"},
]

LEAVES = {
    "int": ["i", "ti", "si", "l", "ni", "id", "5", "-3", "0", "1", "2", "CAST(NULL AS INT)", "CAST(7 AS BIGINT)", "CAST(-1 AS TINYINT)",
        "CAST(300 AS SMALLINT)", "2147483647", "9223372036854775807"],
    "small": ["1", "2", "3", "0", "-1", "4", "ni", "id", "ti", "10", "CAST(NULL AS INT)"],
    "decimal": ["d52", "d10", "dx", "d20", "1.5", "-2.25", "0.0", "100.005", "CAST(12.345 AS DECIMAL(10, 3))", "CAST(NULL AS DECIMAL(6, 1))",
        "CAST(1 AS DECIMAL(38, 0))", "0.001", "99999.99999", "CAST('0.000001' AS DECIMAL(20, 10))"],
    "double": ["f", "d", "1.5e0", "-2e-3", "CAST(2.5 AS FLOAT)", "CAST('NaN' AS DOUBLE)", "CAST('Infinity' AS FLOAT)", "CAST(NULL AS DOUBLE)",
        "0e0", "CAST(1e20 AS DOUBLE)", "-0e0"],
    "text": ["s", "c", "vc", "ns", "nn", "js", "'abc'", "'Hello'", "''", "' x '", "CAST(NULL AS STRING)", "CAST('ab' AS CHAR(4))", "'a,b,c'",
        "'12.5'", "'日本語'", "'é😀'", "CAST(i AS STRING)", "'it''s'"],
    "needle": ["'a'", "','", "'l'", "''", "' '", "'ab'", "nn", "CAST(NULL AS STRING)", "'xyz'", "'o'", "c", "'é'"],
    "bytes": ["byt", "vb", "x'00ff'", "x''", "x'616263'", "CAST('abc' AS BYTES)", "CAST(NULL AS BYTES)", "CAST(x'01' AS BINARY(3))"],
    "boolean": ["b", "TRUE", "FALSE", "CAST(NULL AS BOOLEAN)", "i > 0", "s IS NULL"],
    "date": ["dt", "DATE '2024-02-29'", "DATE '2000-01-31'", "CAST(NULL AS DATE)", "DATE '1582-10-15'", "DATE '0001-01-01'", "CAST(ts AS DATE)"],
    "time": ["tm", "TIME '10:11:12'", "TIME '23:59:59.999'", "CAST(NULL AS TIME)", "CAST('01:02:03' AS TIME(3))", "CAST(ts AS TIME)"],
    "timestamp": ["ts", "t6", "t0", "TIMESTAMP '2024-02-29 23:59:59.999'", "TIMESTAMP '1999-12-31 00:00:00'", "CAST(NULL AS TIMESTAMP(3))",
        "TIMESTAMP '2024-01-01 00:00:00.123456789'", "CAST(dt AS TIMESTAMP(3))", "CAST(lz AS TIMESTAMP(3))"],
    "ltz": ["lz", "TO_TIMESTAMP_LTZ(1700000000123, 3)", "TO_TIMESTAMP_LTZ(0, 0)", "CAST(ts AS TIMESTAMP_LTZ(3))", "CAST(t6 AS TIMESTAMP_LTZ(6))",
        "CAST(NULL AS TIMESTAMP_LTZ(3))"],
    "months": ["INTERVAL '1' MONTH", "INTERVAL '2-3' YEAR TO MONTH", "INTERVAL '-1' YEAR", "INTERVAL '13' MONTH", "CAST(NULL AS INTERVAL MONTH)"],
    "millis": ["INTERVAL '1' DAY", "INTERVAL '2 03:04:05.678' DAY TO SECOND", "INTERVAL '90' MINUTE", "INTERVAL '1.5' SECOND", "INTERVAL -'3' HOUR",
        "INTERVAL '1:30' HOUR TO MINUTE", "CAST(NULL AS INTERVAL SECOND)"],
    "ints": ["a", "ARRAY[1, 2, 2]", "ARRAY[CAST(NULL AS INT), 1]", "CAST(NULL AS ARRAY<INT>)", "ARRAY[ni, i]", "ARRAY[id]"],
    "texts": ["sa", "ARRAY['a', 'bc', 'a']", "ARRAY['x', CAST(NULL AS STRING)]", "ARRAY[s, vc]", "SPLIT(s, ' ')", "CAST(NULL AS ARRAY<STRING>)"],
    "array": ["a", "sa", "aa", "ar", "ARRAY[1.5, 2.25]", "ARRAY[TRUE, FALSE]", "ARRAY[DATE '2024-01-01', dt]", "ARRAY[ts, ts]", "ARRAY[1e0, d]",
        "ARRAY[x'01', byt]", "ARRAY[ROW(1, 'a')]", "ARRAY[MAP['a', 1]]", "ARRAY[d52, 1]"],
    "map": ["m", "MAP['a', 1, 'b', 2]", "MAP['k', i]", "CAST(NULL AS MAP<STRING, INT>)", "STR_TO_MAP('a=1,b=2')", "MAP[1, 'x', 2, 'y']"],
    "row": ["r", "ROW(1, 'a')", "ROW(i, s)", "ROW(1.5, TRUE, DATE '2024-01-01')", "CAST(NULL AS ROW<x INT, y STRING>)",
        "CAST(ROW(i, s) AS ROW<p INT, q STRING>)"],
    "json": ["js", "'{\"a\":1}'", "'[1,2,3]'", "'{\"a\":{\"b\":[1,{\"c\":null}]},\"d\":\"x\"}'", "'null'", "'{'", "'\"q\"'", "'12'"],
    "path": ["'$'", "'$.a'", "'$.b[0]'", "'$.b[*]'", "'$.d.e[*].f'", "'lax $.a.b'", "'strict $.a'", "'strict $.zz'", "'$.b[2].c'", "'$..f'",
        "'$.a.length()'", "'$.b[-1]'", "'$[''a'']'", "'$.b.size()'", "'$.d.e[?(@.f > 1)]'"],
    "unit": ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "QUARTER", "WEEK"],
    "part": ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "DOW", "DOY", "ISODOW", "ISOYEAR", "CENTURY", "DECADE",
        "MILLENNIUM", "EPOCH", "MILLISECOND", "MICROSECOND"],
    "round_to": ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "QUARTER", "WEEK", "MILLISECOND", "MICROSECOND", "DECADE", "CENTURY",
        "MILLENNIUM"],
    "pattern": ["'yyyy-MM-dd'", "'yyyy/MM/dd HH:mm'", "'HH:mm:ss.SSS'", "'dd MMM yyyy'", "'EEE'", "'yyyyMMddHHmmss'", "'yy-M-d h:mm a'", "'DDD'",
        "'QQQ'", "'EEEE, MMMM d'", "'w'", "'SSSSSS'", "'''T''HH'", "'k:K'", "'xyz'", "vc"],
    "zone": ["'UTC'", "'America/New_York'", "'Asia/Tokyo'", "'+05:30'", "'GMT+2'", "'Nowhere/X'", "'Europe/Berlin'"],
}

# One template a line.
TEMPLATES = {
    "int": r"""
{int} + {int}
{int} - {int}
{int} * {int}
{int} / 3
{int} % 7
MOD({int}, {small})
-{int}
+{int}
ABS({int})
SIGN({int})
FLOOR({int})
CEIL({int})
ROUND({int}, {small})
TRUNCATE({int}, {small})
CHAR_LENGTH({text})
CHARACTER_LENGTH({text})
ASCII({text})
POSITION({needle} IN {text})
INSTR({text}, {needle})
INSTR({text}, {needle}, {small})
INSTR({text}, {needle}, {small}, {small})
LOCATE({needle}, {text})
LOCATE({needle}, {text}, {small})
REGEXP_COUNT({text}, {needle})
REGEXP_INSTR({text}, '[a-z]+')
CARDINALITY({array})
CARDINALITY({map})
ARRAY_POSITION({ints}, {small})
ARRAY_POSITION({texts}, {needle})
ARRAY_MAX({ints})
ARRAY_MIN({ints})
{ints}[{small}]
{map}['k']
EXTRACT({part} FROM {date})
EXTRACT({part} FROM {timestamp})
EXTRACT({part} FROM {time})
EXTRACT({part} FROM {ltz})
EXTRACT({part} FROM {months})
EXTRACT({part} FROM {millis})
YEAR({date})
QUARTER({timestamp})
MONTH({date})
WEEK({timestamp})
DAYOFYEAR({date})
DAYOFMONTH({timestamp})
DAYOFWEEK({date})
HOUR({timestamp})
MINUTE({timestamp})
SECOND({timestamp})
HOUR({time})
TIMESTAMPDIFF({unit}, {timestamp}, {timestamp})
TIMESTAMPDIFF({unit}, {date}, {date})
TIMESTAMPDIFF({unit}, {timestamp}, {date})
TIMESTAMPDIFF({unit}, {ltz}, {ltz})
UNIX_TIMESTAMP('2024-02-29 10:00:00')
UNIX_TIMESTAMP({text}, 'yyyy-MM-dd')
INET_ATON({text})
r.x
ar[1].x""",
    "decimal": r"""
{decimal} + {decimal}
{decimal} - {decimal}
{decimal} * {decimal}
{decimal} / 3
{decimal} / 1.5
{decimal} / (ABS({decimal}) + 1)
{decimal} % 2.5
{decimal} + {int}
{int} - {decimal}
{decimal} * {int}
{int} / 2.5
MOD({decimal}, 3)
MOD({int}, 1.5)
-{decimal}
ABS({decimal})
SIGN({decimal})
FLOOR({decimal})
CEIL({decimal})
ROUND({decimal})
ROUND({decimal}, {small})
TRUNCATE({decimal}, {small})
TRUNCATE({decimal})
GREATEST({decimal}, {decimal})
LEAST({decimal}, {int})
CASE WHEN {boolean} THEN {decimal} ELSE {int} END
COALESCE({decimal}, {int})
NULLIF({decimal}, {int})
IF({boolean}, {decimal}, {int})
IFNULL({decimal}, {decimal})""",
    "double": r"""
{double} + {double}
{double} * {int}
{double} / {int}
{double} - {decimal}
{decimal} * {double}
{double} / 0e0
-{double}
ABS({double})
SIGN({double})
FLOOR({double})
CEIL({double})
ROUND({double}, {small})
ROUND({double})
TRUNCATE({double}, {small})
SQRT({number})
EXP({number})
LN({number})
LOG({number})
LOG({number}, {number})
LOG10({number})
LOG2({number})
POWER({number}, {number})
SIN({number})
COS({number})
TAN({number})
COT({number})
ASIN({number})
ACOS({number})
ATAN({number})
ATAN2({number}, {number})
SINH({number})
COSH({number})
TANH({number})
DEGREES({number})
RADIANS({number})
PI()
E()
MOD({double}, 3)
{double} % {number}
PERCENTILE({number}, 0.5)""",
    "text": r"""
UPPER({text})
LOWER({text})
INITCAP({text})
TRIM({text})
TRIM(BOTH {needle} FROM {text})
TRIM(LEADING {needle} FROM {text})
TRIM(TRAILING {needle} FROM {text})
LTRIM({text})
RTRIM({text})
LTRIM({text}, {needle})
RTRIM({text}, {needle})
BTRIM({text})
BTRIM({text}, {needle})
SUBSTRING({text}, {small})
SUBSTRING({text}, {small}, {small})
SUBSTRING({text} FROM {small} FOR {small})
SUBSTR({text}, {small}, {small})
LEFT({text}, {small})
RIGHT({text}, {small})
LPAD({text}, {small}, {needle})
RPAD({text}, {small}, {needle})
REPEAT({text}, {small})
REPLACE({text}, {needle}, {needle})
REVERSE({text})
TRANSLATE({text}, {needle}, {needle})
OVERLAY({text} PLACING {needle} FROM {small})
OVERLAY({text} PLACING {needle} FROM {small} FOR {small})
CONCAT({text}, {text})
CONCAT({text}, {text}, {needle})
CONCAT_WS({needle}, {text}, {text})
{text} || {text}
{text} || {needle} || {text}
SPLIT_INDEX({text}, {needle}, {small})
SPLIT_INDEX({text}, 32, {small})
REGEXP_EXTRACT({text}, '([a-z]+)', {small})
REGEXP_EXTRACT({text}, '(\w)(\w)')
REGEXP_REPLACE({text}, '[aeiou]', {needle})
REGEXP_SUBSTR({text}, '[0-9]+')
CHR({int})
ELT({small}, {text}, {text})
MD5({text})
SHA1({text})
SHA2({text}, 256)
SHA256({text})
TO_BASE64({text})
FROM_BASE64({text})
URL_ENCODE({text})
URL_DECODE({text})
PARSE_URL({text}, 'HOST')
PARSE_URL({text}, 'QUERY', 'a')
BIN({int})
HEX({int})
HEX({text})
DECODE({bytes}, 'UTF-8')
DECODE({bytes}, 'UTF-16BE')
INET_NTOA({int})
PRINTF('%s-%s', {text}, {int})
PRINTF('%d|%5.2f', {int}, {double})
DATE_FORMAT({timestamp}, {pattern})
DATE_FORMAT({ltz}, {pattern})
DATE_FORMAT({text}, {pattern})
FROM_UNIXTIME({small})
FROM_UNIXTIME({int}, {pattern})
CONVERT_TZ({text}, {zone}, {zone})
CONVERT_TZ('2024-03-10 02:30:00', {zone}, {zone})
JSON_VALUE({json}, {path})
JSON_VALUE({json}, {path} RETURNING INT)
JSON_VALUE({json}, {path} RETURNING DOUBLE NULL ON EMPTY NULL ON ERROR)
JSON_VALUE({json}, {path} RETURNING BOOLEAN)
JSON_VALUE({json}, {path} DEFAULT {needle} ON EMPTY DEFAULT 'err' ON ERROR)
JSON_QUERY({json}, {path})
JSON_QUERY({json}, {path} WITH WRAPPER)
JSON_QUERY({json}, {path} WITH CONDITIONAL WRAPPER)
JSON_QUERY({json}, {path} RETURNING ARRAY<STRING>)
JSON_QUERY({json}, {path} EMPTY ARRAY ON EMPTY EMPTY OBJECT ON ERROR)
JSON_STRING({any})
JSON_OBJECT('a' VALUE {any}, 'b' VALUE {any})
JSON_OBJECT('a' VALUE {any} ABSENT ON NULL)
JSON_ARRAY({any}, {any})
JSON_ARRAY({any}, {any} NULL ON NULL)
JSON_QUOTE({text})
JSON_UNQUOTE({text})
TYPEOF({any})
TYPEOF({any}, TRUE)
CAST({any} AS STRING)
CAST({any} AS VARCHAR(5))
CAST({any} AS CHAR(12))
CASE WHEN {boolean} THEN {text} ELSE {text} END
CASE {int} WHEN {small} THEN {text} WHEN {small} THEN {needle} END
COALESCE({text}, {text})
NULLIF({text}, {needle})
IF({boolean}, {text}, {text})
IFNULL({text}, {needle})
GREATEST({text}, {text})
LEAST({text}, {text}, {needle})
ARRAY_JOIN({texts}, {needle})
ARRAY_JOIN({texts}, {needle}, 'N')
{texts}[{small}]
r.y
ARRAY_MAX({texts})""",
    "boolean": r"""
{number} = {number}
{number} <> {number}
{number} < {number}
{number} >= {number}
{text} = {text}
{text} < {text}
{text} >= {needle}
{timestamp} = {timestamp}
{timestamp} < {date}
{date} = {date}
{timestamp} > {ltz}
{time} <= {time}
{boolean} = {boolean}
{bytes} = {bytes}
{bytes} < {bytes}
{text} = {int}
{int} = {text}
{text} > {date}
{date} = {text}
{timestamp} = {text}
{boolean} = {text}
{boolean} = {int}
{decimal} = {text}
{double} > {text}
{ints} = {ints}
{row} = {row}
{map} = {map}
{months} > {months}
{millis} < {millis}
NOT {boolean}
{boolean} AND {boolean}
{boolean} OR {boolean}
{boolean} IS TRUE
{boolean} IS NOT FALSE
{boolean} IS UNKNOWN
{any} IS NULL
{any} IS NOT NULL
{number} IS DISTINCT FROM {number}
{text} IS NOT DISTINCT FROM {text}
{number} BETWEEN {number} AND {number}
{number} NOT BETWEEN {number} AND {number}
{text} BETWEEN SYMMETRIC {text} AND {needle}
{timestamp} BETWEEN {timestamp} AND {date}
{int} IN (1, 2, {small})
{number} IN ({number}, {number})
{text} IN ('a', 'abc', {text})
{text} NOT IN ('a', {text})
{decimal} IN (1, 2.5, {decimal})
{date} IN (DATE '2024-02-29', {date})
{timestamp} NOT IN ({timestamp}, {timestamp})
{text} LIKE '%a%'
{text} LIKE {needle}
{text} LIKE 'a!%%' ESCAPE '!'
{text} NOT LIKE '_e%'
{text} SIMILAR TO '[a-z]+'
{text} SIMILAR TO '(a|b|H)%'
REGEXP({text}, '^[A-Z]')
STARTSWITH({text}, {needle})
ENDSWITH({text}, {needle})
STARTSWITH({bytes}, x'61')
IS_ALPHA({text})
IS_DIGIT({text})
IS_DECIMAL({text})
JSON_EXISTS({json}, {path})
JSON_EXISTS({json}, {path} TRUE ON ERROR)
{json} IS JSON
{json} IS JSON OBJECT
{json} IS NOT JSON ARRAY
{json} IS JSON SCALAR
ARRAY_CONTAINS({ints}, {small})
ARRAY_CONTAINS({texts}, {needle})
ARRAY_CONTAINS({array}, NULL)
({timestamp}, {timestamp}) OVERLAPS ({timestamp}, {timestamp})
({timestamp}, {millis}) OVERLAPS ({timestamp}, {millis})
({date}, {date}) OVERLAPS ({date}, {millis})
({time}, {millis}) OVERLAPS ({time}, {time})
COALESCE({boolean}, FALSE)
CASE WHEN {boolean} THEN {boolean} END
CAST({text} AS BOOLEAN) IS NULL
TRY_CAST({text} AS BOOLEAN)
CAST({int} AS BOOLEAN)
({int}, {text}) = ({int}, {text})
({int}, {text}) IN ((1, 'a'), (2, 'b'))
{row} IS NULL""",
    "date": r"""
CAST({timestamp} AS DATE)
CAST({ltz} AS DATE)
TO_DATE({text})
TO_DATE({text}, {pattern})
TO_DATE('2024-02-30')
{date} + {millis}
{date} + {months}
{date} - {months}
{date} - {millis}
{months} + {date}
FLOOR({date} TO {round_to})
CEIL({date} TO {round_to})
TIMESTAMPADD({unit}, {small}, {date})
COALESCE({date}, DATE '2024-01-01')
CASE WHEN {boolean} THEN {date} ELSE {date} END
TRY_CAST({text} AS DATE)
GREATEST({date}, {date})
NULLIF({date}, {date})
IF({boolean}, {date}, {date})""",
    "time": r"""
CAST({timestamp} AS TIME)
CAST({timestamp} AS TIME(3))
TRY_CAST({text} AS TIME)
{time} + {millis}
{time} - {millis}
FLOOR({time} TO {round_to})
CEIL({time} TO {round_to})
TIMESTAMPADD(MINUTE, {small}, {time})
TIMESTAMPADD({unit}, {small}, {time})
COALESCE({time}, {time})
CASE WHEN {boolean} THEN {time} END
LEAST({time}, {time})""",
    "timestamp": r"""
CAST({date} AS TIMESTAMP)
CAST({ltz} AS TIMESTAMP(3))
CAST({ltz} AS TIMESTAMP(6))
CAST({timestamp} AS TIMESTAMP(0))
CAST({timestamp} AS TIMESTAMP(6))
CAST({timestamp} AS TIMESTAMP(9))
CAST({timestamp} AS TIMESTAMP(1))
TRY_CAST({text} AS TIMESTAMP(3))
TRY_CAST({text} AS TIMESTAMP)
TO_TIMESTAMP({text})
TO_TIMESTAMP({text}, {pattern})
TO_TIMESTAMP('2024-02-29 10:11:12.123456')
{timestamp} + {millis}
{timestamp} - {millis}
{timestamp} + {months}
{timestamp} - {months}
{millis} + {timestamp}
FLOOR({timestamp} TO {round_to})
CEIL({timestamp} TO {round_to})
TIMESTAMPADD({unit}, {small}, {timestamp})
TIMESTAMPADD(SECOND, {small}, {date})
COALESCE({timestamp}, {timestamp})
CASE WHEN {boolean} THEN {timestamp} ELSE {timestamp} END
CASE WHEN {boolean} THEN {timestamp} ELSE {date} END
GREATEST({timestamp}, {timestamp})
NULLIF({timestamp}, {timestamp})
IF({boolean}, {timestamp}, {timestamp})
{date} + {millis} + {time}""",
    "ltz": r"""
CAST({timestamp} AS TIMESTAMP_LTZ(3))
CAST({timestamp} AS TIMESTAMP_LTZ)
CAST({date} AS TIMESTAMP_LTZ(3))
CAST({ltz} AS TIMESTAMP_LTZ(0))
CAST({ltz} AS TIMESTAMP_LTZ(9))
TRY_CAST({text} AS TIMESTAMP_LTZ(3))
TO_TIMESTAMP_LTZ({int}, 3)
TO_TIMESTAMP_LTZ({int}, 0)
TO_TIMESTAMP_LTZ({small})
TO_TIMESTAMP_LTZ({double}, 3)
TO_TIMESTAMP_LTZ({text})
TO_TIMESTAMP_LTZ({text}, {pattern})
TO_TIMESTAMP_LTZ({text}, {pattern}, {zone})
{ltz} + {millis}
{ltz} - {months}
FLOOR({ltz} TO {round_to})
CEIL({ltz} TO {round_to})
TIMESTAMPADD({unit}, {small}, {ltz})
COALESCE({ltz}, {ltz})
CASE WHEN {boolean} THEN {ltz} ELSE {timestamp} END
COALESCE({timestamp}, {ltz})""",
    "months": r"""
{months} + {months}
{months} - {months}
{months} * {small}
{small} * {months}
-{months}
{months} / 2
({date} - {date}) MONTH
({timestamp} - {timestamp}) YEAR
({timestamp} - {date}) YEAR TO MONTH
COALESCE({months}, {months})
CAST({small} AS INTERVAL MONTH)
CAST({small} AS INTERVAL YEAR)
CAST({text} AS INTERVAL YEAR TO MONTH)
ABS({months})""",
    "millis": r"""
{millis} + {millis}
{millis} - {millis}
{millis} * {small}
-{millis}
{millis} / 2
({timestamp} - {timestamp}) SECOND
({timestamp} - {timestamp}) DAY TO SECOND
({date} - {date}) DAY
({timestamp} - {date}) HOUR
({time} - {time}) MINUTE
({ltz} - {ltz}) DAY
COALESCE({millis}, {millis})
CAST({small} AS INTERVAL DAY)
CAST({small} AS INTERVAL SECOND)
CAST({small} AS INTERVAL HOUR)
{millis} + {months}
CASE WHEN {boolean} THEN {millis} END""",
    "bytes": r"""
CAST({text} AS BYTES)
CAST({text} AS BINARY(4))
CAST({text} AS VARBINARY(2))
CAST({bytes} AS BINARY(2))
CAST({bytes} AS VARBINARY(5))
ENCODE({text}, 'UTF-8')
ENCODE({text}, 'UTF-16')
ENCODE({text}, 'US-ASCII')
UNHEX({text})
UNHEX(HEX({text}))
COALESCE({bytes}, x'00')
CASE WHEN {boolean} THEN {bytes} ELSE {bytes} END
BITMAP_TO_BYTES(BITMAP_BUILD({ints}))
{bytes} || {bytes}""",
    "ints": r"""
ARRAY[{int}, {int}]
ARRAY_APPEND({ints}, {small})
ARRAY_PREPEND({ints}, {small})
ARRAY_CONCAT({ints}, {ints})
ARRAY_DISTINCT({ints})
ARRAY_EXCEPT({ints}, {ints})
ARRAY_INTERSECT({ints}, {ints})
ARRAY_UNION({ints}, {ints})
ARRAY_REMOVE({ints}, {small})
ARRAY_REVERSE({ints})
ARRAY_SLICE({ints}, {small})
ARRAY_SLICE({ints}, {small}, {small})
ARRAY_SORT({ints})
ARRAY_SORT({ints}, {boolean})
ARRAY_SORT({ints}, {boolean}, {boolean})
COALESCE({ints}, {ints})
CASE WHEN {boolean} THEN {ints} ELSE {ints} END
CAST({texts} AS ARRAY<INT>)
TRY_CAST({texts} AS ARRAY<INT>)
MAP_VALUES({map})
ARRAY_AGG({int})
CAST({ints} AS ARRAY<BIGINT>)
CAST({ints} AS ARRAY<DOUBLE>)
CAST({ints} AS ARRAY<STRING>)""",
    "texts": r"""
ARRAY_APPEND({texts}, {text})
ARRAY_PREPEND({texts}, {needle})
ARRAY_CONCAT({texts}, {texts})
ARRAY_DISTINCT({texts})
ARRAY_UNION({texts}, {texts})
ARRAY_REMOVE({texts}, {needle})
ARRAY_SORT({texts})
ARRAY_SLICE({texts}, {small}, {small})
ARRAY_EXCEPT({texts}, {texts})
SPLIT({text}, {needle})
REGEXP_EXTRACT_ALL({text}, '[a-z]+', 0)
REGEXP_EXTRACT_ALL({text}, '([a-z])([a-z])', {small})
MAP_KEYS({map})
ARRAY[{text}, {needle}]
CAST({array} AS ARRAY<STRING>)
ARRAY_REVERSE({array})
ARRAY_DISTINCT({array})
ARRAY_SORT({array})
ARRAY_MAX({array})
ARRAY_CONCAT({array}, {array})
ARRAY_SLICE({array}, 1, 2)""",
    "map": r"""
MAP[{text}, {int}]
MAP[{needle}, {any}, 'zz', {any}]
MAP_FROM_ARRAYS({texts}, {ints})
MAP_UNION({map}, {map})
MAP_ENTRIES({map})
STR_TO_MAP({text})
STR_TO_MAP({text}, '&', '=')
CAST({map} AS MAP<STRING, STRING>)
CAST({map} AS MAP<STRING, BIGINT>)
COALESCE({map}, {map})""",
    "row": r"""
ROW({any}, {any})
CAST({row} AS ROW<a STRING, b STRING>)
CASE WHEN {boolean} THEN {row} ELSE {row} END
COALESCE({row}, {row})
ar[{small}]
ROW({int}, ROW({text}, {decimal}))""",
}

TARGETS = ["BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(5, 2)", "DECIMAL(38, 10)", "DECIMAL(10, 0)",
           "DECIMAL(3, 3)", "STRING", "CHAR(3)", "VARCHAR(4)", "BYTES", "BINARY(2)", "VARBINARY(3)", "DATE", "TIME", "TIME(3)", "TIMESTAMP(0)",
           "TIMESTAMP(3)", "TIMESTAMP(6)", "TIMESTAMP_LTZ(0)", "TIMESTAMP_LTZ(3)", "ARRAY<STRING>", "ARRAY<INT>", "MAP<STRING, STRING>",
           "ROW<a INT, b STRING>", "INTERVAL MONTH", "INTERVAL DAY", "ROW<a STRING, b STRING>", "INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND"]
VALUES = [name for name in TEMPLATES if name != "number"]
LEAF_ONLY = {"array", "small", "needle", "json", "path", "unit", "part", "round_to", "pattern", "zone"}


class Expressions:
    def __init__(self, rng, wrong=0.03):
        self.rng = rng
        self.wrong = wrong  # how often an argument has another type than it should

    def expression(self, name, depth):
        r = self.rng
        if name == "any":
            name = r.choice(VALUES)
        elif name == "number":
            name = r.choice(["int", "int", "decimal", "decimal", "double"])
        if name not in LEAF_ONLY and r.random() < self.wrong:
            name = r.choice(VALUES)
        if depth <= 0 or name in LEAF_ONLY:
            return r.choice(LEAVES[name])
        return self.fill(r.choice(TEMPLATES[name].split("\n")[1:]), depth)

    def fill(self, template, depth):
        def argument(match):
            text = self.expression(match.group(1), depth - 1 if self.rng.random() < 0.35 else 0)
            plain = re.match(r"^([A-Z_0-9]+\(.*\)|(DATE|TIME|TIMESTAMP|INTERVAL) '[^']*'|'.*'|[^- ]*)$", text)
            return text if plain else f"({text})"
        return re.sub(r"\{([a-z_]+)\}", argument, template)

    def cast(self):
        return f"{self.rng.choice(['CAST', 'TRY_CAST'])}({self.expression('any', 1)} AS {self.rng.choice(TARGETS)})"

    def any(self):
        if self.rng.random() < 0.12:
            return self.cast()
        templates = [t for name in VALUES for t in TEMPLATES[name].split("\n")[1:]]
        return self.fill(self.rng.choice(templates), 2)

    def query(self):
        return f"SELECT id, {self.any()} AS y FROM x"


def preamble():
    return ["file x.jsonl\n" + "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), f"ok\n{TABLE}"]
