DROP TABLE IF EXISTS dim, dim2, types, snk, snk_append, part CASCADE;
CREATE TABLE dim(id int PRIMARY KEY, name varchar(20), price numeric(10,2), city text);
INSERT INTO dim VALUES (1,'one',1.50,'A'),(2,'two',2.25,'B'),(3,'three',null,'A'),(4,'four',4,null);
CREATE TABLE dim2(city text, k int, v text);
INSERT INTO dim2 VALUES ('A',1,'a1'),('A',2,'a2'),('B',1,'b1');
CREATE TABLE types(id int PRIMARY KEY, b boolean, si smallint, i int, bi bigint, r real, d double precision, n numeric(12,3),
  c char(5), v varchar(10), t text, by bytea, dt date, tm time, ts timestamp, tstz timestamptz, ai int[], at text[],
  an numeric(8,2)[], u uuid, j jsonb);
INSERT INTO types VALUES (1,true,12,-5,9000000000,1.5,2.25,123.456,'ab','vc','text','\x0102ff','2024-02-29','12:34:56.789',
  '2024-03-01 01:02:03.456789','2024-03-01 01:02:03.456789+02','{1,2,NULL}','{x,NULL,"a b"}','{1.5,2}',
  '11111111-2222-3333-4444-555555555555','{"a":1}');
INSERT INTO types(id) VALUES (2);
CREATE TABLE snk(id int PRIMARY KEY, name text, n bigint);
CREATE TABLE snk_append(id int, name text);
CREATE TABLE part(id int, v text);
INSERT INTO part SELECT i, 'v'||i FROM generate_series(1,20) i;
