#!/usr/bin/env bash
# Everything a fresh Debian 12 needs to build, test and run Sluice: Debian packages, Arrow's C++ libraries in .cache/arrow,
# the Python environment in .venv, the JavaScript client in tests/js. Quick when nothing is to be done; safe to call from
# two terminals at once.
#   scripts/setup.sh [build] [arrow] [python] [js] [kafka] [flink_apps]     (no argument: all but flink_apps)
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null
parts=${*:-build arrow python js kafka}
mkdir -p .cache/setup
exec 9>.cache/setup/lock
flock 9

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# A part is done when its stamp holds the hash of what it was made from.
hash_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
is_done() { [ "$(cat ".cache/setup/$1" 2>/dev/null)" = "$2" ]; }
mark_done() { printf '%s\n' "$2" >".cache/setup/$1"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi
}

install_packages() { # NAME...
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  local tries
  for tries in 1 2 3; do
    if as_root apt-get update -qq >&2 &&
      as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >.cache/setup/apt.log 2>&1; then
      return 0
    fi
    say "apt-get failed (try $tries of 3)"
  done
  tail -n 20 .cache/setup/apt.log >&2 || true
  die "could not install the Debian packages; install by hand as root: apt-get install ${missing[*]}"
}

setup_build() {
  command -v apt-get >/dev/null || die "this is not a Debian system; install the packages of scripts/apt-packages.txt by hand"
  # shellcheck disable=SC2046
  install_packages $(grep -v '^#' scripts/apt-packages.txt)
  setup_arrow  # without it the build leaves Parquet and ORC out
}

# Headers and libraries out of the pyarrow wheel, whose version and hash are pinned. The wheel's Python does not matter.
setup_arrow() {
  local want wheel
  want=$(hash_of scripts/arrow-requirements.txt)
  if is_done arrow "$want" && [ -e .cache/arrow/lib/libparquet.so ]; then return 0; fi
  install_packages python3 python3-pip unzip
  say "fetching Arrow (.cache/arrow)"
  rm -rf .cache/arrow .cache/setup/wheel
  local tries
  for tries in 1 2 3; do
    if /usr/bin/python3 -m pip download -q --disable-pip-version-check --no-input --no-deps --require-hashes \
      --only-binary :all: --python-version 3.11 --platform "manylinux_2_28_$(uname -m)" -d .cache/setup/wheel \
      -r scripts/arrow-requirements.txt; then
      wheel=$(echo .cache/setup/wheel/pyarrow-*.whl)
      mkdir -p .cache/arrow/lib
      unzip -q "$wheel" 'pyarrow/include/arrow/*' 'pyarrow/include/parquet/*' 'pyarrow/libarrow.so.*' \
        'pyarrow/libparquet.so.*' -d .cache/setup/wheel
      mv .cache/setup/wheel/pyarrow/include .cache/arrow/include
      mv .cache/setup/wheel/pyarrow/lib*.so.* .cache/arrow/lib/
      ln -s "$(cd .cache/arrow/lib && echo libarrow.so.*)" .cache/arrow/lib/libarrow.so
      ln -s "$(cd .cache/arrow/lib && echo libparquet.so.*)" .cache/arrow/lib/libparquet.so
      rm -rf .cache/setup/wheel
      mark_done arrow "$want"
      return 0
    fi
    say "pip failed (try $tries of 3)"
  done
  die "could not fetch Arrow (scripts/arrow-requirements.txt)"
}

setup_python() {
  local want
  want=$(hash_of tests/requirements.txt)
  if is_done python "$want" && .venv/bin/python -c 'import pytest' 2>/dev/null; then return 0; fi
  install_packages python3 python3-venv
  say "making the Python environment (.venv)"
  rm -rf .venv
  /usr/bin/python3 -m venv .venv
  local tries
  for tries in 1 2 3; do
    if .venv/bin/python -m pip install -q --disable-pip-version-check --no-input -r tests/requirements.txt; then
      mark_done python "$want"
      return 0
    fi
    say "pip failed (try $tries of 3)"
  done
  die "could not install tests/requirements.txt"
}

node_is_good() {
  command -v node >/dev/null && command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]
}

setup_js() {
  local want
  want=$(hash_of tests/js/package.json tests/js/package-lock.json)
  if is_done js "$want" && [ -d tests/js/node_modules/@aws-sdk ]; then return 0; fi
  node_is_good || install_packages nodejs npm
  node_is_good || die "Node.js 18 or later with npm is needed for the JavaScript client's tests"
  say "installing the JavaScript client (tests/js)"
  local tries
  for tries in 1 2 3; do
    if (cd tests/js && npm ci --no-audit --no-fund --loglevel=error >&2); then
      mark_done js "$want"
      return 0
    fi
    say "npm failed (try $tries of 3)"
  done
  die "could not install tests/js"
}

# The broker that the tests of the Kafka connector start.
setup_kafka() {
  local want
  want=$(hash_of tests/connectors/kafka/pom.xml)
  if is_done kafka "$want" && [ -d .cache/kafka/jars ] && command -v java >/dev/null; then return 0; fi
  command -v mvn >/dev/null || install_packages maven
  command -v java >/dev/null || install_packages default-jre-headless
  say "fetching the Kafka broker (.cache/kafka)"
  local tries
  for tries in 1 2 3; do
    rm -rf .cache/kafka/jars
    if mvn -q -B -f tests/connectors/kafka/pom.xml dependency:copy-dependencies \
      -DoutputDirectory="$PWD/.cache/kafka/jars" -DincludeScope=runtime >&2; then
      mark_done kafka "$want"
      return 0
    fi
    say "Maven failed (try $tries of 3)"
  done
  die "could not fetch the Kafka broker (tests/connectors/kafka/pom.xml)"
}

# Programs for Apache Flink that tests/flink runs unmodified; FLINK_APPS=all builds those too that only `make flink` needs.
setup_flink_apps() {
  local want modules=getting-started
  [ "${FLINK_APPS:-}" != all ] || modules=getting-started,streams-source,table,scala,beam
  want=$modules-$(find tests/flink_apps/tutorials -type f | LC_ALL=C sort | xargs cat | sha256sum | cut -d' ' -f1)
  if is_done flink_apps "$want" && [ -d .cache/flink_apps ]; then return 0; fi
  command -v javac >/dev/null || install_packages openjdk-17-jdk-headless
  command -v mvn >/dev/null || install_packages maven
  say "building the programs for Apache Flink (.cache/flink_apps)"
  mkdir -p .cache/flink_apps
  local tries
  for tries in 1 2 3; do
    if mvn -q -B -f tests/flink_apps/tutorials/pom.xml -pl "$modules" -am -Doutput="$PWD/.cache/flink_apps" package >&2 &&
      { [ "${FLINK_APPS:-}" != all ] ||
        mvn -q -B dependency:copy -DoutputDirectory="$PWD/.cache/flink_apps" \
          -Dartifact=org.apache.flink:flink-sql-connector-kinesis:4.0.0-1.16 >&2; }; then
      mark_done flink_apps "$want"
      return 0
    fi
    say "Maven failed (try $tries of 3)"
  done
  die "could not build tests/flink_apps/tutorials"
}

for part in $parts; do
  case $part in
    build | arrow | python | js | kafka | flink_apps) "setup_$part" ;;
    *) die "unknown part '$part' (build, arrow, python, js, kafka, flink_apps)" ;;
  esac
done
