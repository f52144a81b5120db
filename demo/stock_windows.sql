-- Trades of a Kinesis stream in windows of five seconds: how many of each ticker, at which prices. The results go to a
-- second stream and to S3. ${output} and ${region} are filled in when the package is made (scripts/run_demo.py).
SET 'execution.checkpointing.interval' = '1 s';

CREATE TABLE trades (
  ticker VARCHAR(6),
  price DOUBLE,
  event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '1' SECOND
) PARTITIONED BY (ticker) WITH (
  'connector' = 'kinesis',
  'stream' = 'ExampleInputStream',
  'aws.region' = '${region}',
  'scan.stream.initpos' = 'LATEST',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE window_stream (
  ticker VARCHAR(6),
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  trades BIGINT,
  low DOUBLE,
  high DOUBLE,
  average DOUBLE
) PARTITIONED BY (ticker) WITH (
  'connector' = 'kinesis',
  'stream' = 'ExampleOutputStream',
  'aws.region' = '${region}',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

CREATE TABLE window_files (
  ticker VARCHAR(6),
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  trades BIGINT,
  low DOUBLE,
  high DOUBLE,
  average DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${output}',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601',
  'sink.rolling-policy.rollover-interval' = '1 s',
  'sink.rolling-policy.check-interval' = '500 ms'
);

CREATE TEMPORARY VIEW windows AS
SELECT ticker, window_start, window_end, COUNT(*) AS trades, MIN(price) AS low, MAX(price) AS high,
       ROUND(AVG(price), 2) AS average
FROM TABLE(TUMBLE(TABLE trades, DESCRIPTOR(event_time), INTERVAL '5' SECOND))
GROUP BY ticker, window_start, window_end;

EXECUTE STATEMENT SET BEGIN
  INSERT INTO window_stream SELECT * FROM windows;
  INSERT INTO window_files SELECT * FROM windows;
END;
