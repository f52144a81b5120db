// What Flink 2.3's own parser answers for these expressions and statements, recorded from it: the canonical text, or
// the first line of its message. (Its back-quotes around the names of functions that it has not resolved yet are left
// out.)
#pragma once

namespace sluice::engine::sql {

struct Recorded {
  const char* text;
  const char* canonical;  ///< null: Flink refuses it
  const char* error;
};

inline constexpr Recorded kExpressions[] = {
    {R"sql(a + -b)sql", R"sql(`a` + - `b`)sql", nullptr},
    {R"sql(a AND NOT b)sql", R"sql(`a` AND NOT `b`)sql", nullptr},
    {R"sql(NOT a AND b)sql", R"sql(NOT `a` AND `b`)sql", nullptr},
    {R"sql(NOT (a AND b))sql", R"sql(NOT (`a` AND `b`))sql", nullptr},
    {R"sql(a IS NULL AND b IS NOT NULL OR c IS TRUE)sql", R"sql(`a` IS NULL AND `b` IS NOT NULL OR `c` IS TRUE)sql",
     nullptr},
    {R"sql((a = b) IS NULL)sql", R"sql(`a` = `b` IS NULL)sql", nullptr},
    {R"sql((a + b) * c - (d - e))sql", R"sql((`a` + `b`) * `c` - (`d` - `e`))sql", nullptr},
    {R"sql(a - (b - c))sql", R"sql(`a` - (`b` - `c`))sql", nullptr},
    {R"sql(a - b - c)sql", R"sql(`a` - `b` - `c`)sql", nullptr},
    {R"sql((a || b) || c || (d || e))sql", R"sql(`a` || `b` || `c` || (`d` || `e`))sql", nullptr},
    {R"sql(a || (b + c))sql", R"sql(`a` || (`b` + `c`))sql", nullptr},
    {R"sql(- (a + b))sql", R"sql(- (`a` + `b`))sql", nullptr},
    {R"sql(-a + b)sql", R"sql(- `a` + `b`)sql", nullptr},
    {R"sql(- -a)sql", R"sql(- (- `a`))sql", nullptr},
    {R"sql(+a)sql", R"sql(+ `a`)sql", nullptr},
    {R"sql(-1)sql", R"sql(-1)sql", nullptr},
    {R"sql(1.5e3)sql", R"sql(1.5E3)sql", nullptr},
    {R"sql(1.50)sql", R"sql(1.50)sql", nullptr},
    {R"sql(.5)sql", R"sql(0.5)sql", nullptr},
    {R"sql(007)sql", R"sql(7)sql", nullptr},
    {R"sql(1.)sql", R"sql(1)sql", nullptr},
    {R"sql(a BETWEEN 1 AND 2 AND b NOT BETWEEN SYMMETRIC 3 AND 4)sql",
     R"sql(`a` BETWEEN ASYMMETRIC 1 AND 2 AND `b` NOT BETWEEN SYMMETRIC 3 AND 4)sql", nullptr},
    {R"sql(a BETWEEN b + 1 AND c OR d)sql", R"sql(`a` BETWEEN ASYMMETRIC `b` + 1 AND `c` OR `d`)sql", nullptr},
    {R"sql(a LIKE 'x%' ESCAPE '!' AND b NOT LIKE 'y')sql", R"sql(`a` LIKE 'x%' ESCAPE '!' AND `b` NOT LIKE 'y')sql",
     nullptr},
    {R"sql(a SIMILAR TO 'x')sql", R"sql(`a` SIMILAR TO 'x')sql", nullptr},
    {R"sql(a ILIKE 'x')sql", R"sql(`a` ILIKE 'x')sql", nullptr},
    {R"sql(a IN (1, 2) AND b NOT IN (SELECT c FROM t))sql", R"sql(`a` IN (1, 2) AND `b` NOT IN (SELECT `c`
FROM `t`))sql",
     nullptr},
    {R"sql((a, b) IN ((1, 2), (3, 4)))sql", R"sql(ROW(`a`, `b`) IN (ROW(1, 2), ROW(3, 4)))sql", nullptr},
    {R"sql(EXISTS (SELECT 1 FROM t) AND NOT EXISTS (SELECT 2))sql", R"sql(EXISTS (SELECT 1
FROM `t`) AND NOT EXISTS (SELECT 2))sql",
     nullptr},
    {R"sql(a = ANY (SELECT b FROM t))sql", R"sql(`a` = SOME (SELECT `b`
FROM `t`))sql",
     nullptr},
    {R"sql(a > ALL (1, 2))sql", R"sql(`a` > ALL (1, 2))sql", nullptr},
    {R"sql(a = SOME (1, 2))sql", R"sql(`a` = SOME (1, 2))sql", nullptr},
    {R"sql(CASE WHEN a > 1 THEN 'x' WHEN b THEN 'y' ELSE 'z' END)sql",
     R"sql(CASE WHEN `a` > 1 THEN 'x' WHEN `b` THEN 'y' ELSE 'z' END)sql", nullptr},
    {R"sql(CASE a WHEN 1 THEN 'x' WHEN 2, 3 THEN 'z' END)sql",
     R"sql(CASE WHEN `a` = 1 THEN 'x' WHEN `a` IN (2, 3) THEN 'z' ELSE NULL END)sql", nullptr},
    {R"sql(CAST(a AS INT NOT NULL))sql", nullptr, R"sql(Encountered "NOT" at line 1, column 15.)sql"},
    {R"sql(CAST(a AS DECIMAL(10,2)))sql", R"sql(CAST(`a` AS DECIMAL(10, 2)))sql", nullptr},
    {R"sql(CAST(a AS VARCHAR(3)))sql", R"sql(CAST(`a` AS VARCHAR(3)))sql", nullptr},
    {R"sql(CAST(a AS TIMESTAMP(3) WITH LOCAL TIME ZONE))sql", R"sql(CAST(`a` AS TIMESTAMP(3) WITH LOCAL TIME ZONE))sql",
     nullptr},
    {R"sql(CAST(a AS TIMESTAMP_LTZ(3)))sql", R"sql(CAST(`a` AS TIMESTAMP_LTZ(3)))sql", nullptr},
    {R"sql(CAST(a AS TIMESTAMP(3) WITHOUT TIME ZONE))sql", R"sql(CAST(`a` AS TIMESTAMP(3)))sql", nullptr},
    {R"sql(CAST(a AS TIMESTAMP(3) WITH TIME ZONE))sql", nullptr, R"sql(Encountered "TIME" at line 1, column 29.)sql"},
    {R"sql(CAST(a AS ROW<a INT, b STRING NOT NULL 'c'>))sql",
     R"sql(CAST(`a` AS ROW< `a` INTEGER, `b` STRING NOT NULL 'c' >))sql", nullptr},
    {R"sql(CAST(a AS ROW(a INT, b STRING)))sql", R"sql(CAST(`a` AS ROW(`a` INTEGER, `b` STRING)))sql", nullptr},
    {R"sql(CAST(a AS MAP<INT, ARRAY<STRING>>))sql", R"sql(CAST(`a` AS MAP< INTEGER, ARRAY< STRING > >))sql", nullptr},
    {R"sql(CAST(a AS INT ARRAY))sql", R"sql(CAST(`a` AS INTEGER ARRAY))sql", nullptr},
    {R"sql(CAST(a AS MULTISET<INT>))sql", R"sql(CAST(`a` AS MULTISET< INTEGER >))sql", nullptr},
    {R"sql(CAST(a AS DOUBLE PRECISION))sql", R"sql(CAST(`a` AS DOUBLE))sql", nullptr},
    {R"sql(CAST(a AS INTERVAL DAY TO SECOND(3)))sql", R"sql(CAST(`a` AS INTERVAL DAY TO SECOND(3)))sql", nullptr},
    {R"sql(CAST(a AS INTERVAL YEAR))sql", R"sql(CAST(`a` AS INTERVAL YEAR))sql", nullptr},
    {R"sql(CAST(a AS BYTES))sql", R"sql(CAST(`a` AS BYTES))sql", nullptr},
    {R"sql(CAST(a AS CHAR))sql", R"sql(CAST(`a` AS CHAR))sql", nullptr},
    {R"sql(CAST(a AS NUMERIC(5)))sql", R"sql(CAST(`a` AS DECIMAL(5)))sql", nullptr},
    {R"sql(CAST(a AS mytype))sql", R"sql(CAST(`a` AS `mytype`))sql", nullptr},
    {R"sql(TRY_CAST(a AS INTEGER))sql", R"sql(TRY_CAST(`a` AS INTEGER))sql", nullptr},
    {R"sql(EXTRACT(DAY FROM a))sql", R"sql(EXTRACT(DAY FROM `a`))sql", nullptr},
    {R"sql(EXTRACT(EPOCH FROM a))sql", R"sql(EXTRACT(EPOCH FROM `a`))sql", nullptr},
    {R"sql(POSITION('a' IN b))sql", R"sql(POSITION('a' IN `b`))sql", nullptr},
    {R"sql(POSITION('a' IN b FROM 2))sql", R"sql(POSITION('a' IN `b` FROM 2))sql", nullptr},
    {R"sql(SUBSTRING(a FROM 1 FOR 2))sql", R"sql(SUBSTRING(`a`, 1, 2))sql", nullptr},
    {R"sql(SUBSTRING(a, 1))sql", R"sql(SUBSTRING(`a`, 1))sql", nullptr},
    {R"sql(SUBSTRING(a FROM 1))sql", R"sql(SUBSTRING(`a`, 1))sql", nullptr},
    {R"sql(TRIM(a))sql", R"sql(TRIM(BOTH ' ' FROM `a`))sql", nullptr},
    {R"sql(TRIM(BOTH 'x' FROM a))sql", R"sql(TRIM(BOTH 'x' FROM `a`))sql", nullptr},
    {R"sql(TRIM(LEADING FROM a))sql", R"sql(TRIM(LEADING ' ' FROM `a`))sql", nullptr},
    {R"sql(TRIM('x' FROM a))sql", R"sql(TRIM(BOTH 'x' FROM `a`))sql", nullptr},
    {R"sql(OVERLAY(a PLACING b FROM 1 FOR 2))sql", R"sql(OVERLAY(`a` PLACING `b` FROM 1 FOR 2))sql", nullptr},
    {R"sql(CEIL(a TO DAY))sql", R"sql(CEIL(`a` TO DAY))sql", nullptr},
    {R"sql(CEILING(a))sql", R"sql(CEIL(`a`))sql", nullptr},
    {R"sql(FLOOR(a))sql", R"sql(FLOOR(`a`))sql", nullptr},
    {R"sql(TIMESTAMPADD(DAY, 1, a))sql", R"sql(TIMESTAMPADD(DAY, 1, `a`))sql", nullptr},
    {R"sql(TIMESTAMPDIFF(SECOND, a, b))sql", R"sql(TIMESTAMPDIFF(SECOND, `a`, `b`))sql", nullptr},
    {R"sql(ARRAY[1, 2])sql", R"sql(ARRAY[1, 2])sql", nullptr},
    {R"sql(MAP['a', 1, 'b', 2])sql", R"sql(MAP['a', 1, 'b', 2])sql", nullptr},
    {R"sql(ROW(1, 'a'))sql", R"sql(ROW(1, 'a'))sql", nullptr},
    {R"sql((1, 'a'))sql", R"sql(ROW(1, 'a'))sql", nullptr},
    {R"sql(MULTISET[1, 2])sql", R"sql(MULTISET[1, 2])sql", nullptr},
    {R"sql(ARRAY(SELECT a FROM t))sql", R"sql(ARRAY ((SELECT `a`
FROM `t`)))sql",
     nullptr},
    {R"sql(ARRAY(1,2))sql", R"sql(ARRAY(1, 2))sql", nullptr},
    {R"sql(MAP(1,2))sql", R"sql(MAP(1, 2))sql", nullptr},
    {R"sql(a[1])sql", R"sql(`a`[1])sql", nullptr},
    {R"sql(a[1].b.c)sql", R"sql(`a`[1].`b`.`c`)sql", nullptr},
    {R"sql(f(x).y)sql", R"sql(F(`x`).`y`)sql", nullptr},
    {R"sql((a).b)sql", R"sql(`a`.`b`)sql", nullptr},
    {R"sql((t.a).b.c)sql", R"sql(`t`.`a`.`b`.`c`)sql", nullptr},
    {R"sql(a.b.c)sql", R"sql(`a`.`b`.`c`)sql", nullptr},
    {R"sql(a[1][2])sql", R"sql(`a`[1][2])sql", nullptr},
    {R"sql(COUNT(*))sql", R"sql(COUNT(*))sql", nullptr},
    {R"sql(COUNT(DISTINCT a))sql", R"sql(COUNT(DISTINCT `a`))sql", nullptr},
    {R"sql(COUNT(ALL a))sql", R"sql(COUNT(ALL `a`))sql", nullptr},
    {R"sql(SUM(a) FILTER (WHERE b > 1))sql", R"sql(SUM(`a`) FILTER (WHERE `b` > 1))sql", nullptr},
    {R"sql(SUM(a) OVER (PARTITION BY b ORDER BY c DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))sql",
     R"sql(SUM(`a`) OVER (PARTITION BY `b` ORDER BY `c` DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))sql",
     nullptr},
    {R"sql(SUM(a) OVER w)sql", R"sql(SUM(`a`) OVER `w`)sql", nullptr},
    {R"sql(SUM(a) OVER (w ORDER BY c RANGE UNBOUNDED PRECEDING))sql",
     R"sql(SUM(`a`) OVER (`w` ORDER BY `c` RANGE UNBOUNDED PRECEDING))sql", nullptr},
    {R"sql(SUM(a) OVER (ORDER BY c RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW))sql",
     R"sql(SUM(`a`) OVER (ORDER BY `c` RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW))sql", nullptr},
    {R"sql(LAST_VALUE(a) IGNORE NULLS OVER w)sql", R"sql(LAST_VALUE(`a`) IGNORE NULLS OVER `w`)sql", nullptr},
    {R"sql(FIRST_VALUE(a IGNORE NULLS) OVER w)sql", nullptr, R"sql(Encountered "IGNORE" at line 1, column 15.)sql"},
    {R"sql(LISTAGG(a, ',') WITHIN GROUP (ORDER BY b))sql", R"sql(LISTAGG(`a`, ',') WITHIN GROUP (ORDER BY `b`))sql",
     nullptr},
    {R"sql(JSON_VALUE(a, '$.x' RETURNING INT DEFAULT 1 ON EMPTY ERROR ON ERROR))sql",
     R"sql(JSON_VALUE(`a`, '$.x' RETURNING INTEGER DEFAULT 1 ON EMPTY ERROR ON ERROR))sql", nullptr},
    {R"sql(JSON_VALUE(a, '$.x'))sql", R"sql(JSON_VALUE(`a`, '$.x'))sql", nullptr},
    {R"sql(JSON_QUERY(a, '$.x' WITH CONDITIONAL ARRAY WRAPPER NULL ON EMPTY EMPTY OBJECT ON ERROR))sql",
     R"sql(JSON_QUERY(`a`, '$.x' WITH CONDITIONAL ARRAY WRAPPER NULL ON EMPTY EMPTY OBJECT ON ERROR))sql", nullptr},
    {R"sql(JSON_QUERY(a, '$.x'))sql",
     R"sql(JSON_QUERY(`a`, '$.x' WITHOUT ARRAY WRAPPER NULL ON EMPTY NULL ON ERROR))sql", nullptr},
    {R"sql(JSON_EXISTS(a, '$.x' TRUE ON ERROR))sql", R"sql(JSON_EXISTS(`a`, '$.x' TRUE ON ERROR))sql", nullptr},
    {R"sql(JSON_EXISTS(a, '$.x'))sql", R"sql(JSON_EXISTS(`a`, '$.x'))sql", nullptr},
    {R"sql(JSON_OBJECT(KEY 'a' VALUE 1, 'b' VALUE 2 ABSENT ON NULL))sql",
     R"sql(JSON_OBJECT(KEY 'a' VALUE 1, KEY 'b' VALUE 2 ABSENT ON NULL))sql", nullptr},
    {R"sql(JSON_OBJECT('a': 1))sql", R"sql(JSON_OBJECT(KEY 'a' VALUE 1 NULL ON NULL))sql", nullptr},
    {R"sql(JSON_OBJECT())sql", R"sql(JSON_OBJECT(NULL ON NULL))sql", nullptr},
    {R"sql(JSON_ARRAY(1, 2 NULL ON NULL))sql", R"sql(JSON_ARRAY(1, 2 NULL ON NULL))sql", nullptr},
    {R"sql(JSON_ARRAY())sql", R"sql(JSON_ARRAY())sql", nullptr},
    {R"sql(JSON_OBJECTAGG(KEY a VALUE b))sql", R"sql(JSON_OBJECTAGG(KEY `a` VALUE `b` NULL ON NULL))sql", nullptr},
    {R"sql(JSON_ARRAYAGG(a ABSENT ON NULL))sql", R"sql(JSON_ARRAYAGG(`a` ABSENT ON NULL))sql", nullptr},
    {R"sql(JSON_ARRAYAGG(a ORDER BY b NULL ON NULL))sql",
     R"sql(JSON_ARRAYAGG(`a` NULL ON NULL) WITHIN GROUP (ORDER BY `b`))sql", nullptr},
    {R"sql(JSON_STRING(a))sql", R"sql(JSON_STRING(`a`))sql", nullptr},
    {R"sql(a IS JSON)sql", R"sql(`a` IS JSON VALUE)sql", nullptr},
    {R"sql(a IS NOT JSON OBJECT)sql", R"sql(`a` IS NOT JSON OBJECT)sql", nullptr},
    {R"sql(a IS DISTINCT FROM b AND c IS NOT DISTINCT FROM d)sql",
     R"sql(`a` IS DISTINCT FROM `b` AND `c` IS NOT DISTINCT FROM `d`)sql", nullptr},
    {R"sql(CURRENT_TIMESTAMP)sql", R"sql(CURRENT_TIMESTAMP)sql", nullptr},
    {R"sql(CURRENT_TIMESTAMP(3))sql", R"sql(CURRENT_TIMESTAMP(3))sql", nullptr},
    {R"sql(LOCALTIME)sql", R"sql(LOCALTIME)sql", nullptr},
    {R"sql(CURRENT_USER)sql", R"sql(CURRENT_USER)sql", nullptr},
    {R"sql(INTERVAL '1' DAY)sql", R"sql(INTERVAL '1' DAY)sql", nullptr},
    {R"sql(INTERVAL -'1-2' YEAR TO MONTH)sql", R"sql(INTERVAL -'1-2' YEAR TO MONTH)sql", nullptr},
    {R"sql(INTERVAL '1 2:3' DAY(3) TO SECOND(6))sql", R"sql(INTERVAL '1 2:3' DAY(3) TO SECOND(6))sql", nullptr},
    {R"sql(INTERVAL '1.5' SECOND(2, 3))sql", R"sql(INTERVAL '1.5' SECOND(2, 3))sql", nullptr},
    {R"sql(INTERVAL a DAY)sql", R"sql(INTERVAL `a` DAY)sql", nullptr},
    {R"sql(INTERVAL (a + 1) DAYS)sql", R"sql(INTERVAL (`a` + 1) DAY)sql", nullptr},
    {R"sql(DATE '2020-01-01')sql", R"sql(DATE '2020-01-01')sql", nullptr},
    {R"sql(TIME '01:02:03.5')sql", R"sql(TIME '01:02:03.5')sql", nullptr},
    {R"sql(TIMESTAMP '2020-01-01 01:02:03.450')sql", R"sql(TIMESTAMP '2020-01-01 01:02:03.450')sql", nullptr},
    {R"sql(TIMESTAMP '2020-1-1 1:2:3')sql", R"sql(TIMESTAMP '2020-1-1 1:2:3')sql", nullptr},
    {R"sql(TIMESTAMP 'x')sql", R"sql(TIMESTAMP 'x')sql", nullptr},
    {R"sql(X'0aFf')sql", R"sql(X'0AFF')sql", nullptr},
    {R"sql('a''b')sql", R"sql('a''b')sql", nullptr},
    {R"sql(_UTF8'é')sql", R"sql(_UTF8'é')sql", nullptr},
    {R"sql('é')sql", R"sql(u&'\00e9')sql", nullptr},
    {R"sql(N'x')sql", R"sql(_ISO-8859-1'x')sql", nullptr},
    {R"sql(TRUE)sql", R"sql(TRUE)sql", nullptr},
    {R"sql(UNKNOWN)sql", R"sql(UNKNOWN)sql", nullptr},
    {R"sql(NULL)sql", R"sql(NULL)sql", nullptr},
    {R"sql(a = TRUE)sql", R"sql(`a` = TRUE)sql", nullptr},
    {R"sql(?)sql", R"sql(?)sql", nullptr},
    {R"sql(a OVERLAPS b)sql", R"sql(`a` OVERLAPS `b`)sql", nullptr},
    {R"sql((a, b) OVERLAPS (c, d))sql", R"sql(PERIOD (`a`, `b`) OVERLAPS PERIOD (`c`, `d`))sql", nullptr},
    {R"sql(a MEMBER OF b)sql", R"sql(`a` MEMBER OF `b`)sql", nullptr},
    {R"sql(a MULTISET UNION DISTINCT b)sql", R"sql(`a` MULTISET UNION DISTINCT `b`)sql", nullptr},
    {R"sql(a SUBMULTISET OF b)sql", R"sql(`a` SUBMULTISET OF `b`)sql", nullptr},
    {R"sql(f(a => 1, b => DEFAULT))sql", R"sql(F(`a` => 1, `b` => DEFAULT))sql", nullptr},
    {R"sql(f(DESCRIPTOR(a, b.c)))sql", R"sql(F(DESCRIPTOR(`a`, `b`.`c`)))sql", nullptr},
    {R"sql(cat.db.f(1))sql", R"sql(`cat`.`db`.`f`(1))sql", nullptr},
    {R"sql(`f g`(1))sql", R"sql(`f g`(1))sql", nullptr},
    {R"sql(MOD(a, b))sql", R"sql(MOD(`a`, `b`))sql", nullptr},
    {R"sql(a % b)sql", R"sql(`a` % `b`)sql", nullptr},
    {R"sql(ABS(a) + POWER(a, 2))sql", R"sql(ABS(`a`) + POWER(`a`, 2))sql", nullptr},
    {R"sql(UPPER(a))sql", R"sql(UPPER(`a`))sql", nullptr},
    {R"sql(IF(a, b, c))sql", R"sql(IF(`a`, `b`, `c`))sql", nullptr},
    {R"sql(a <> b)sql", R"sql(`a` <> `b`)sql", nullptr},
    {R"sql(a < b = c)sql", R"sql(`a` < `b` = `c`)sql", nullptr},
    {R"sql(a = b OR c = d AND e)sql", R"sql(`a` = `b` OR `c` = `d` AND `e`)sql", nullptr},
    {R"sql((a OR b) AND c)sql", R"sql((`a` OR `b`) AND `c`)sql", nullptr},
    {R"sql(a IN (1) IS TRUE)sql", R"sql(`a` IN (1) IS TRUE)sql", nullptr},
    {R"sql(NOT a IN (1))sql", R"sql(NOT `a` IN (1))sql", nullptr},
    {R"sql(NOT a = b)sql", R"sql(NOT `a` = `b`)sql", nullptr},
    {R"sql((SELECT 1) + 1)sql", R"sql((SELECT 1) + 1)sql", nullptr},
    {R"sql(PERIOD(a, b))sql", R"sql(ROW(`a`, `b`))sql", nullptr},
    {R"sql(GROUPING(a, b))sql", R"sql(GROUPING(`a`, `b`))sql", nullptr},
    {R"sql(TUMBLE(ts, INTERVAL '1' HOUR))sql", R"sql(TUMBLE(`ts`, INTERVAL '1' HOUR))sql", nullptr},
    {R"sql(HOP_START(ts, INTERVAL '1' HOUR, INTERVAL '2' HOUR))sql",
     R"sql(HOP_START(`ts`, INTERVAL '1' HOUR, INTERVAL '2' HOUR))sql", nullptr},
    {R"sql(PROCTIME())sql", R"sql(PROCTIME())sql", nullptr},
    {R"sql(REPLACE(a, b, c))sql", R"sql(REPLACE(`a`, `b`, `c`))sql", nullptr},
    {R"sql(LEFT(a, 1))sql", R"sql(LEFT(`a`, 1))sql", nullptr},
    {R"sql(TRANSLATE(a, b, c))sql", R"sql(TRANSLATE(`a`, `b`, `c`))sql", nullptr},
    {R"sql(CONVERT(a, b, c))sql", R"sql(CONVERT(`a`, `b`, `c`))sql", nullptr},
    {R"sql(YEAR(a))sql", R"sql(YEAR(`a`))sql", nullptr},
    {R"sql(WEEK(a))sql", R"sql(WEEK(`a`))sql", nullptr},
    {R"sql(QUARTER(a))sql", R"sql(QUARTER(`a`))sql", nullptr},
    {R"sql(DATE(a))sql", R"sql(DATE(`a`))sql", nullptr},
    {R"sql(a -> b)sql", nullptr, R"sql(Encountered "- >" at line 1, column 3.)sql"},
    {R"sql(a * b / c % d)sql", R"sql(`a` * `b` / `c` % `d`)sql", nullptr},
    {R"sql(a * (b / c))sql", R"sql(`a` * (`b` / `c`))sql", nullptr},
    {R"sql(TRIM(a, b))sql", nullptr, R"sql(Encountered "," at line 1, column 7.)sql"},
    {R"sql(a.b[1].c)sql", R"sql(`a`.`b`[1].`c`)sql", nullptr},
    {R"sql(STRING_AGG(a, ',' ORDER BY b))sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'STRING_AGG' at line 1, column 1.)sql"},
    {R"sql(ARRAY_AGG(DISTINCT a))sql", R"sql(ARRAY_AGG(DISTINCT `a`))sql", nullptr},
    {R"sql(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a))sql",
     R"sql(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY `a`))sql", nullptr},
    {R"sql(COALESCE(a, b))sql", R"sql(COALESCE(`a`, `b`))sql", nullptr},
    {R"sql(NULLIF(a, b))sql", R"sql(NULLIF(`a`, `b`))sql", nullptr},
    {R"sql(LAG(a, 1) OVER (ORDER BY b))sql", R"sql(LAG(`a`, 1) OVER (ORDER BY `b`))sql", nullptr},
    {R"sql(ROW_NUMBER() OVER (PARTITION BY a ORDER BY b))sql",
     R"sql(ROW_NUMBER() OVER (PARTITION BY `a` ORDER BY `b`))sql", nullptr},
    {R"sql(a BETWEEN (b AND c) AND d)sql", R"sql(`a` BETWEEN ASYMMETRIC (`b` AND `c`) AND `d`)sql", nullptr},
    {R"sql(a = (b = c))sql", R"sql(`a` = (`b` = `c`))sql", nullptr},
    {R"sql(a || b LIKE c || d)sql", R"sql(`a` || `b` LIKE `c` || `d`)sql", nullptr},
    {R"sql(a AND b AND c)sql", R"sql(`a` AND `b` AND `c`)sql", nullptr},
    {R"sql(a AND (b AND c))sql", R"sql(`a` AND (`b` AND `c`))sql", nullptr},
    {R"sql(a LIKE b ESCAPE c IS TRUE)sql", R"sql(`a` LIKE `b` ESCAPE `c` IS TRUE)sql", nullptr},
    {R"sql(CAST(a AS RAW('x', 'y')))sql", R"sql(CAST(`a` AS RAW('x', 'y')))sql", nullptr},
    {R"sql(CAST(a AS VARIANT))sql", R"sql(CAST(`a` AS VARIANT))sql", nullptr},
    {R"sql(CAST(a AS NULL))sql", nullptr, R"sql(Incorrect syntax near the keyword 'NULL' at line 1, column 11.)sql"},
    {R"sql(CAST(a AS BITMAP))sql", R"sql(CAST(`a` AS BITMAP))sql", nullptr},
    {R"sql(CAST(a AS INT NULL ARRAY NOT NULL))sql", nullptr, R"sql(Encountered "NULL" at line 1, column 15.)sql"},
    {R"sql(CAST(a AS STRUCTURED<'x', a INT, b STRING>))sql",
     R"sql(CAST(`a` AS STRUCTURED< 'x', `a` INTEGER, `b` STRING >))sql", nullptr},
    {R"sql(PREV(a.b, 1) + FIRST(a.c) + LAST(a.d, 2) + FINAL LAST(a.x) + RUNNING SUM(a.y))sql",
     R"sql(PREV(`a`.`b`, 1) + FIRST(`a`.`c`, 0) + LAST(`a`.`d`, 2) + FINAL LAST(`a`.`x`, 0) + RUNNING SUM(`a`.`y`))sql",
     nullptr},
    {R"sql(MODEL m)sql", R"sql(MODEL `m`)sql", nullptr},
    {R"sql(a.*)sql", R"sql(`a`.*)sql", nullptr},
    {R"sql(POSITION(a + b IN c))sql", nullptr, R"sql(Encountered "+" at line 1, column 12.)sql"},
    {R"sql(a::INT)sql", nullptr, R"sql(Encountered ":" at line 1, column 2.)sql"},
};

inline constexpr Recorded kStatements[] = {
    {R"sql(select "a" from t)sql", nullptr, R"sql(Encountered "\"" at line 1, column 8.)sql"},
    {R"sql(select 'abc from t)sql", nullptr, R"sql(Encountered "\'" at line 1, column 8.)sql"},
    {R"sql(select # from t)sql", nullptr,
     R"sql(Lexical error at line 1, column 8.  Encountered: "#" (35), after : "")sql"},
    {R"sql(select a from t where)sql", nullptr, R"sql(Encountered "<EOF>" at line 1, column 21.)sql"},
    {R"sql(select a
from t
where  )sql",
     nullptr, R"sql(Encountered "<EOF>" at line 3, column 7.)sql"},
    {R"sql(select a, from t)sql", nullptr, R"sql(Encountered "from" at line 1, column 11.)sql"},
    {R"sql(SELECT a, FROM t)sql", nullptr, R"sql(Incorrect syntax near the keyword 'FROM' at line 1, column 11.)sql"},
    {R"sql(SELECT a FROM t WHERE a = )sql", nullptr, R"sql(Encountered "= <EOF>" at line 1, column 25.)sql"},
    {R"sql(SELECT a FROM t WHERE a = AND b)sql", nullptr, R"sql(Encountered "= AND" at line 1, column 25.)sql"},
    {R"sql(SELECT a FROM t ORDER a)sql", nullptr, R"sql(Encountered "a" at line 1, column 23.)sql"},
    {R"sql(SELECT a FROM t GROUP BY)sql", nullptr, R"sql(Encountered "<EOF>" at line 1, column 24.)sql"},
    {R"sql(select a b c from t)sql", nullptr, R"sql(Encountered "c" at line 1, column 12.)sql"},
    {R"sql(select /* x)sql", nullptr, R"sql(Lexical error at line 1, column 12.  Encountered: <EOF> after : "")sql"},
    {R"sql(SELECT f( FROM t)sql", nullptr, R"sql(Incorrect syntax near the keyword 'FROM' at line 1, column 11.)sql"},
    {R"sql(select 'é' order)sql", nullptr, R"sql(Encountered "<EOF>" at line 1, column 16.)sql"},
    {R"sql(create table t (a int b))sql", nullptr, R"sql(Encountered "b" at line 1, column 23.)sql"},
    {R"sql(CREATE TABLE t (SELECT INT))sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'SELECT' at line 1, column 17.)sql"},
    {R"sql(CREATE TABLE t (a foo bar))sql", nullptr, R"sql(Encountered "bar" at line 1, column 23.)sql"},
    {R"sql(INSERT t SELECT 1)sql", nullptr, R"sql(Encountered "t" at line 1, column 8.)sql"},
    {R"sql(SELECT a AT TIME ZONE 'x' FROM t)sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'AT' at line 1, column 10.)sql"},
    {R"sql(SELECT a FROM t LIMIT -1)sql", nullptr, R"sql(Encountered "-" at line 1, column 23.)sql"},
    {R"sql(SELECT DAY(d), DATE('x') FROM t)sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'DAY' at line 1, column 8.)sql"},
    {R"sql(SELECT CASE a END)sql", nullptr, R"sql(Encountered "END" at line 1, column 15.)sql"},
    {R"sql(select `a)sql", nullptr, R"sql(Lexical error at line 1, column 10.  Encountered: <EOF> after : "`a")sql"},
    {R"sql(select a from t; select b)sql", nullptr, R"sql(Encountered ";" at line 1, column 16.)sql"},
    {R"sql(select a..b)sql", nullptr, R"sql(Encountered ".." at line 1, column 9.)sql"},
    {R"sql(select a::int)sql", nullptr, R"sql(Encountered ":" at line 1, column 9.)sql"},
    {R"sql(select a from t t1 t2)sql", nullptr, R"sql(Encountered "t2" at line 1, column 20.)sql"},
    {R"sql(select a as 'x')sql", nullptr, R"sql(Expecting alias, found character literal)sql"},
    {R"sql(SELECT 1 + * 2)sql", nullptr, R"sql(Encountered "+ *" at line 1, column 10.)sql"},
    {R"sql(SELECT a IN )sql", nullptr, R"sql(Incorrect syntax near the keyword 'IN' at line 1, column 10.)sql"},
    {R"sql(SELECT a IN ()sql", nullptr, R"sql(Encountered "<EOF>" at line 1, column 13.)sql"},
    {R"sql(SELECT a IS FOO)sql", nullptr, R"sql(Incorrect syntax near the keyword 'IS' at line 1, column 10.)sql"},
    {R"sql(SELECT NOT)sql", nullptr, R"sql(Encountered "<EOF>" at line 1, column 10.)sql"},
    {R"sql(SELECT a LIKE)sql", nullptr, R"sql(Incorrect syntax near the keyword 'LIKE' at line 1, column 10.)sql"},
    {R"sql(SELECT count(*) OVER FROM t)sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'FROM' at line 1, column 22.)sql"},
    {R"sql(DROP FOO x)sql", nullptr, R"sql(Encountered "FOO" at line 1, column 6.)sql"},
    {R"sql(CREATE FOO x)sql", nullptr, R"sql(Encountered "FOO" at line 1, column 8.)sql"},
    {R"sql(ALTER TABLE t FOO)sql", nullptr, R"sql(Encountered "FOO" at line 1, column 15.)sql"},
    {R"sql(SELECT * FROM t JOIN)sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'JOIN' at line 1, column 17.)sql"},
    {R"sql(SELECT * FROM t LEFT x)sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'LEFT' at line 1, column 17.)sql"},
    {R"sql(SELECT * FROM (SELECT 1)sql", nullptr, R"sql(Encountered "<EOF>" at line 1, column 23.)sql"},
    {R"sql(select a ! b)sql", nullptr,
     R"sql(Lexical error at line 1, column 11.  Encountered: " " (32), after : "!")sql"},
    {R"sql(select 1 'x')sql", nullptr, R"sql(Expecting alias, found character literal)sql"},
    {R"sql(SELECT value FROM t)sql", nullptr, R"sql(Encountered "value" at line 1, column 8.)sql"},
    {R"sql(SELECT a.value, a.select FROM t)sql", nullptr, R"sql(Encountered ". value" at line 1, column 9.)sql"},
    {R"sql(SELECT '')sql", R"sql(SELECT '')sql", nullptr},
    {R"sql(SELECT a = = b)sql", nullptr, R"sql(Encountered "= =" at line 1, column 10.)sql"},
    {R"sql(SELECT (1,2)sql", nullptr, R"sql(Encountered "<EOF>" at line 1, column 11.)sql"},
    {R"sql(CREATE FUNCTION IF NOT EXISTS f AS 'a.b' LANGUAGE JAVA USING JAR 'x', JAR 'y' WITH ('a'='b'))sql",
     R"sql(CREATE FUNCTION IF NOT EXISTS `f` AS 'a.b' LANGUAGE JAVA USING JAR 'x', JAR 'y'
WITH (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(CREATE OR REPLACE TEMPORARY VIEW v (a COMMENT 'x', b) COMMENT 'c' AS SELECT 1)sql", nullptr,
     R"sql(Encountered "COMMENT" at line 1, column 39.)sql"},
    {R"sql(CREATE MODEL m INPUT (a INT) OUTPUT (b STRING) COMMENT 'c' WITH ('a'='b'))sql",
     R"sql(CREATE MODEL `m` INPUT (
  `a` INTEGER
) OUTPUT (
  `b` STRING
)
COMMENT 'c'
WITH (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(REPLACE TABLE t AS SELECT 1)sql", R"sql(REPLACE TABLE `t`
AS
SELECT 1)sql",
     nullptr},
    {R"sql(CREATE TABLE t (a, b) AS SELECT 1, 2)sql", R"sql(CREATE TABLE `t` (
  `a`,
  `b`
)
AS
SELECT 1, 2)sql",
     nullptr},
    {R"sql(ALTER TABLE t ADD (a INT FIRST, b INT METADATA FROM 'x' VIRTUAL COMMENT 'c' AFTER a, c AS a + 1 COMMENT 'y', PRIMARY KEY (a) NOT ENFORCED, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND))sql",
     R"sql(ALTER TABLE `t` ADD (
  `a` INTEGER FIRST,
  `b` INTEGER METADATA FROM 'x' VIRTUAL COMMENT 'c' AFTER `a`,
  `c` AS `a` + 1 COMMENT 'y',
  PRIMARY KEY (`a`) NOT ENFORCED,
  WATERMARK FOR `ts` AS `ts` - INTERVAL '1' SECOND
))sql",
     nullptr},
    {R"sql(ALTER TABLE t MODIFY a BIGINT NOT NULL FIRST)sql", R"sql(ALTER TABLE `t` MODIFY (
  `a` BIGINT NOT NULL FIRST
))sql",
     nullptr},
    {R"sql(ALTER TABLE t DROP (a, b))sql", R"sql(ALTER TABLE `t` DROP (
  `a`,
  `b`
))sql",
     nullptr},
    {R"sql(ALTER TABLE t DROP a)sql", R"sql(ALTER TABLE `t` DROP (
  `a`
))sql",
     nullptr},
    {R"sql(ALTER TABLE t DROP PRIMARY KEY)sql", R"sql(ALTER TABLE `t` DROP PRIMARY KEY)sql", nullptr},
    {R"sql(ALTER TABLE t DROP WATERMARK)sql", R"sql(ALTER TABLE `t` DROP WATERMARK)sql", nullptr},
    {R"sql(ALTER TABLE t DROP DISTRIBUTION)sql", R"sql(ALTER TABLE `t` DROP DISTRIBUTION)sql", nullptr},
    {R"sql(ALTER TABLE t ADD DISTRIBUTION BY HASH(a) INTO 3 BUCKETS)sql",
     R"sql(ALTER TABLE `t` ADD DISTRIBUTION BY HASH(`a`) INTO 3 BUCKETS)sql", nullptr},
    {R"sql(ALTER TABLE t ADD DISTRIBUTED BY HASH(a) INTO 3 BUCKETS)sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'DISTRIBUTED' at line 1, column 19.)sql"},
    {R"sql(ALTER TABLE t MODIFY DISTRIBUTION INTO 3 BUCKETS)sql",
     R"sql(ALTER TABLE `t` MODIFY DISTRIBUTION INTO 3 BUCKETS)sql", nullptr},
    {R"sql(ALTER TABLE t ADD IF NOT EXISTS PARTITION (a='x') WITH ('k'='v') PARTITION (a='y'))sql",
     R"sql(ALTER TABLE `t`
ADD IF NOT EXISTS
PARTITION (`a` = 'x') WITH ('k' = 'v')
PARTITION (`a` = 'y'))sql",
     nullptr},
    {R"sql(ALTER TABLE t DROP IF EXISTS PARTITION (a='x'), PARTITION (a='y'))sql", R"sql(ALTER TABLE `t`
DROP IF EXISTS
PARTITION (`a` = 'x'),
PARTITION (`a` = 'y'))sql",
     nullptr},
    {R"sql(ALTER TABLE IF EXISTS t RENAME a.b TO c)sql", R"sql(ALTER TABLE IF EXISTS `t` RENAME `a`.`b` TO `c`)sql",
     nullptr},
    {R"sql(ALTER TABLE t PARTITION (a='1') COMPACT)sql", nullptr,
     R"sql(Encountered "PARTITION" at line 1, column 15.)sql"},
    {R"sql(ALTER TABLE t ADD CONSTRAINT c PRIMARY KEY (a) NOT ENFORCED)sql", R"sql(ALTER TABLE `t` ADD (
  CONSTRAINT `c` PRIMARY KEY (`a`) NOT ENFORCED
))sql",
     nullptr},
    {R"sql(ALTER VIEW v RENAME TO w)sql", R"sql(ALTER VIEW `v` RENAME TO `w`)sql", nullptr},
    {R"sql(ALTER VIEW IF EXISTS v AS SELECT 1)sql", nullptr, R"sql(Encountered "EXISTS" at line 1, column 15.)sql"},
    {R"sql(ALTER CATALOG c SET ('a'='b'))sql", R"sql(ALTER CATALOG `c` SET (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(ALTER CATALOG c RESET ('a'))sql", R"sql(ALTER CATALOG `c` RESET (
  'a'
))sql",
     nullptr},
    {R"sql(ALTER CATALOG c COMMENT 'x')sql", R"sql(ALTER CATALOG `c` COMMENT 'x')sql", nullptr},
    {R"sql(ALTER DATABASE d SET ('a'='b'))sql", R"sql(ALTER DATABASE `d` SET (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(ALTER MODEL IF EXISTS m RENAME TO n)sql", R"sql(ALTER MODEL IF EXISTS `m` RENAME TO `n`)sql", nullptr},
    {R"sql(ALTER MODEL m SET ('a'='b'))sql", R"sql(ALTER MODEL `m` SET (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(ALTER MODEL m RESET ('a'))sql", R"sql(ALTER MODEL `m` RESET (
  'a'
))sql",
     nullptr},
    {R"sql(CREATE CATALOG IF NOT EXISTS c COMMENT 'x' WITH ('a'='b'))sql", R"sql(CREATE CATALOG IF NOT EXISTS `c`
COMMENT 'x'
WITH (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(DROP TEMPORARY SYSTEM FUNCTION IF EXISTS f)sql", R"sql(DROP TEMPORARY SYSTEM FUNCTION IF EXISTS `f`)sql",
     nullptr},
    {R"sql(DROP DATABASE IF EXISTS d CASCADE)sql", R"sql(DROP DATABASE IF EXISTS `d` CASCADE)sql", nullptr},
    {R"sql(DROP MATERIALIZED TABLE IF EXISTS m)sql", R"sql(DROP MATERIALIZED TABLE IF EXISTS `m`)sql", nullptr},
    {R"sql(DROP MODEL IF EXISTS m)sql", R"sql(DROP MODEL IF EXISTS `m`)sql", nullptr},
    {R"sql(DROP TEMPORARY MODEL m)sql", R"sql(DROP TEMPORARY MODEL `m`)sql", nullptr},
    {R"sql(DROP CONNECTION c)sql", R"sql(DROP CONNECTION `c`)sql", nullptr},
    {R"sql(CREATE CONNECTION c WITH ('a'='b'))sql", R"sql(CREATE CONNECTION `c`
WITH (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(SHOW VIEWS FROM d)sql", R"sql(SHOW VIEWS FROM `d`)sql", nullptr},
    {R"sql(SHOW MATERIALIZED TABLES)sql", R"sql(SHOW MATERIALIZED TABLES)sql", nullptr},
    {R"sql(SHOW FULL MODULES)sql", R"sql(SHOW FULL MODULES)sql", nullptr},
    {R"sql(SHOW PARTITIONS t PARTITION (a='x', b=1))sql", R"sql(SHOW PARTITIONS `t` PARTITION (`a` = 'x', `b` = 1))sql",
     nullptr},
    {R"sql(SHOW CONNECTIONS)sql", R"sql(SHOW CONNECTIONS)sql", nullptr},
    {R"sql(SHOW CREATE MODEL m)sql", R"sql(SHOW CREATE MODEL `m`)sql", nullptr},
    {R"sql(SHOW CREATE MATERIALIZED TABLE m)sql", R"sql(SHOW CREATE MATERIALIZED TABLE `m`)sql", nullptr},
    {R"sql(SHOW CREATE CATALOG c)sql", R"sql(SHOW CREATE CATALOG `c`)sql", nullptr},
    {R"sql(SHOW CREATE FUNCTION f)sql", nullptr, R"sql(Encountered "FUNCTION" at line 1, column 13.)sql"},
    {R"sql(CREATE OR ALTER MATERIALIZED TABLE m AS SELECT 1)sql", R"sql(CREATE OR ALTER MATERIALIZED TABLE `m`
AS
SELECT 1)sql",
     nullptr},
    {R"sql(DESCRIBE JOB 'x')sql", R"sql(DESCRIBE JOB 'x')sql", nullptr},
    {R"sql(DESCRIBE FUNCTION EXTENDED f)sql", R"sql(DESCRIBE FUNCTION EXTENDED `f`)sql", nullptr},
    {R"sql(DESCRIBE MODEL m)sql", R"sql(DESCRIBE MODEL `m`)sql", nullptr},
    {R"sql(DESC CATALOG EXTENDED c)sql", R"sql(DESCRIBE CATALOG EXTENDED `c`)sql", nullptr},
    {R"sql(DESC DATABASE EXTENDED c.d)sql", R"sql(DESCRIBE DATABASE EXTENDED `c`.`d`)sql", nullptr},
    {R"sql(DESCRIBE CONNECTION c)sql", R"sql(DESCRIBE CONNECTION `c`)sql", nullptr},
    {R"sql(DESCRIBE EXTENDED t)sql", R"sql(DESCRIBE EXTENDED `t`)sql", nullptr},
    {R"sql(STOP JOB 'x' WITH SAVEPOINT WITH DRAIN)sql", R"sql(STOP JOB 'x' WITH SAVEPOINT WITH DRAIN)sql", nullptr},
    {R"sql(ANALYZE TABLE t PARTITION (a='x', b) COMPUTE STATISTICS FOR COLUMNS a, b)sql",
     R"sql(ANALYZE TABLE `t` PARTITION (`a` = 'x', `b`) COMPUTE STATISTICS FOR COLUMNS `a`, `b`)sql", nullptr},
    {R"sql(ANALYZE TABLE t COMPUTE STATISTICS FOR ALL COLUMNS)sql",
     R"sql(ANALYZE TABLE `t` COMPUTE STATISTICS FOR ALL COLUMNS)sql", nullptr},
    {R"sql(CALL a.b.c(1, x => 2))sql", R"sql(CALL `a`.`b`.`c`(1, `x` => 2))sql", nullptr},
    {R"sql(EXPLAIN PLAN FOR INSERT INTO t SELECT 1)sql", R"sql(EXPLAIN INSERT INTO `t`
SELECT 1)sql",
     nullptr},
    {R"sql(EXPLAIN STATEMENT SET BEGIN INSERT INTO t SELECT 1; INSERT INTO u SELECT 2; END)sql",
     R"sql(EXPLAIN STATEMENT SET BEGIN
INSERT INTO `t`
SELECT 1
;
INSERT INTO `u`
SELECT 2
;
END)sql",
     nullptr},
    {R"sql(EXPLAIN JSON_EXECUTION_PLAN, PLAN_ADVICE STATEMENT SET BEGIN INSERT INTO t SELECT 1; END)sql",
     R"sql(EXPLAIN JSON_EXECUTION_PLAN, PLAN_ADVICE STATEMENT SET BEGIN
INSERT INTO `t`
SELECT 1
;
END)sql",
     nullptr},
    {R"sql(EXPLAIN CREATE TABLE t AS SELECT 1)sql", R"sql(EXPLAIN CREATE TABLE `t`
AS
SELECT 1)sql",
     nullptr},
    {R"sql(COMPILE PLAN 'x' IF NOT EXISTS FOR INSERT INTO t SELECT 1)sql",
     R"sql(COMPILE PLAN 'x' IF NOT EXISTS FOR INSERT INTO `t`
SELECT 1)sql",
     nullptr},
    {R"sql(COMPILE PLAN 'x' FOR STATEMENT SET BEGIN INSERT INTO t SELECT 1; END)sql",
     R"sql(COMPILE PLAN 'x' FOR STATEMENT SET BEGIN
INSERT INTO `t`
SELECT 1
;
END)sql",
     nullptr},
    {R"sql(COMPILE AND EXECUTE PLAN 'x' FOR INSERT INTO t SELECT 1)sql",
     R"sql(COMPILE AND EXECUTE PLAN 'x' FOR INSERT INTO `t`
SELECT 1)sql",
     nullptr},
    {R"sql(EXECUTE PLAN 'x')sql", R"sql(EXECUTE PLAN 'x')sql", nullptr},
    {R"sql(EXECUTE SELECT 1)sql", R"sql(EXECUTE SELECT 1)sql", nullptr},
    {R"sql(EXECUTE INSERT INTO t SELECT 1)sql", R"sql(EXECUTE INSERT INTO `t`
SELECT 1)sql",
     nullptr},
    {R"sql(INSERT OVERWRITE t PARTITION (a='x') (b, c) SELECT 1)sql", R"sql(INSERT OVERWRITE `t` PARTITION (`a` = 'x')
(`b`, `c`)
SELECT 1)sql",
     nullptr},
    {R"sql(INSERT INTO t /*+ OPTIONS('a'='b') */ (b, c.d) PARTITION (a='x') SELECT 1)sql", nullptr,
     R"sql(Incorrect syntax near the keyword 'PARTITION' at line 1, column 48.)sql"},
    {R"sql(INSERT INTO t (a) SELECT 1 ON CONFLICT DO DEDUPLICATE)sql", R"sql(INSERT INTO `t` (`a`)
SELECT 1
ON CONFLICT DO DEDUPLICATE)sql",
     nullptr},
    {R"sql(INSERT INTO t SELECT 1 ON CONFLICT DO NOTHING)sql", R"sql(INSERT INTO `t`
SELECT 1
ON CONFLICT DO NOTHING)sql",
     nullptr},
    {R"sql(UPSERT INTO t VALUES (1))sql", R"sql(UPSERT INTO `t`
VALUES ROW(1))sql",
     nullptr},
    {R"sql(UPDATE t AS x SET a = 1, b.c = 2 WHERE a > 1)sql", nullptr,
     R"sql(Encountered "." at line 1, column 27.)sql"},
    {R"sql(DELETE FROM t AS x WHERE a = 1)sql", R"sql(DELETE FROM `t` AS `x`
WHERE `a` = 1)sql",
     nullptr},
    {R"sql(DELETE FROM t)sql", R"sql(DELETE FROM `t`)sql", nullptr},
    {R"sql(TRUNCATE TABLE t)sql", R"sql(TRUNCATE TABLE `t`)sql", nullptr},
    {R"sql(BEGIN STATEMENT SET)sql", R"sql(BEGIN STATEMENT SET)sql", nullptr},
    {R"sql(END)sql", R"sql(END)sql", nullptr},
    {R"sql(EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; END)sql", R"sql(EXECUTE STATEMENT SET BEGIN
INSERT INTO `t`
SELECT 1
;
END)sql",
     nullptr},
    {R"sql(ADD JAR 'x')sql", R"sql(ADD JAR 'x')sql", nullptr},
    {R"sql(REMOVE JAR 'x')sql", R"sql(REMOVE JAR 'x')sql", nullptr},
    {R"sql(SHOW JARS)sql", R"sql(SHOW JARS)sql", nullptr},
    {R"sql(SET)sql", R"sql(SET)sql", nullptr},
    {R"sql(SET 'a' = 'b')sql", R"sql(SET 'a' = 'b')sql", nullptr},
    {R"sql(RESET)sql", R"sql(RESET)sql", nullptr},
    {R"sql(RESET 'a')sql", R"sql(RESET 'a')sql", nullptr},
    {R"sql(USE MODULES a, b)sql", R"sql(USE MODULES `a`, `b`)sql", nullptr},
    {R"sql(USE c.d)sql", R"sql(USE `c`.`d`)sql", nullptr},
    {R"sql(USE CATALOG c)sql", R"sql(USE CATALOG `c`)sql", nullptr},
    {R"sql(LOAD MODULE hive WITH ('a'='b'))sql", R"sql(LOAD MODULE `hive`
WITH (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(UNLOAD MODULE hive)sql", R"sql(UNLOAD MODULE `hive`)sql", nullptr},
    {R"sql(CREATE TEMPORARY SYSTEM FUNCTION f AS 'x')sql", R"sql(CREATE TEMPORARY SYSTEM FUNCTION `f` AS 'x')sql",
     nullptr},
    {R"sql(CREATE TEMPORARY SYSTEM CONNECTION c WITH ('a'='b'))sql", R"sql(CREATE TEMPORARY SYSTEM CONNECTION `c`
WITH (
  'a' = 'b'
))sql",
     nullptr},
    {R"sql(CREATE VIEW v (a, b) AS SELECT 1)sql", R"sql(CREATE VIEW `v` (`a`, `b`)
AS
SELECT 1)sql",
     nullptr},
    {R"sql(CREATE TABLE t LIKE u (INCLUDING ALL EXCLUDING OPTIONS))sql", R"sql(CREATE TABLE `t`
LIKE `u` (
  INCLUDING ALL
  EXCLUDING OPTIONS
))sql",
     nullptr},
    {R"sql(CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED COMMENT 'x', UNIQUE (b), b STRING METADATA) DISTRIBUTED INTO 3 BUCKETS WITH ())sql",
     R"sql(CREATE TABLE `t` (
  `a` INTEGER PRIMARY KEY NOT ENFORCED COMMENT 'x',
  `b` STRING METADATA,
  UNIQUE (`b`)
)
DISTRIBUTED INTO 3 BUCKETS)sql",
     nullptr},
    {R"sql(CREATE TABLE t (a INT COMMENT 'x' PRIMARY KEY NOT ENFORCED))sql", nullptr,
     R"sql(Encountered "PRIMARY" at line 1, column 35.)sql"},
    {R"sql(CREATE TABLE t (a INT CONSTRAINT c PRIMARY KEY NOT ENFORCED) PARTITIONED BY (a))sql",
     R"sql(CREATE TABLE `t` (
  `a` INTEGER CONSTRAINT `c` PRIMARY KEY NOT ENFORCED
)
PARTITIONED BY (`a`))sql",
     nullptr},
    {R"sql(DROP TABLE IF EXISTS t CASCADE)sql", nullptr, R"sql(Encountered "CASCADE" at line 1, column 24.)sql"},
    {R"sql(DROP TABLE t RESTRICT)sql", nullptr, R"sql(Encountered "RESTRICT" at line 1, column 14.)sql"},
    {R"sql(DROP TEMPORARY VIEW IF EXISTS v)sql", R"sql(DROP TEMPORARY VIEW IF EXISTS `v`)sql", nullptr},
    {R"sql(ALTER TEMPORARY SYSTEM FUNCTION IF EXISTS f AS 'x' LANGUAGE PYTHON)sql",
     R"sql(ALTER TEMPORARY SYSTEM FUNCTION IF EXISTS `f` AS 'x' LANGUAGE PYTHON)sql", nullptr},
    {R"sql(DESCRIBE FUNCTION f)sql", R"sql(DESCRIBE FUNCTION `f`)sql", nullptr},
    {R"sql(DROP CATALOG IF EXISTS c)sql", R"sql(DROP CATALOG IF EXISTS `c`)sql", nullptr},
    {R"sql(SHOW CURRENT DATABASE)sql", R"sql(SHOW CURRENT DATABASE)sql", nullptr},
    {R"sql(SHOW JOBS)sql", R"sql(SHOW JOBS)sql", nullptr},
};

}  // namespace sluice::engine::sql
