#!/bin/sh
# Checks the models of the protocol: the real rules exhaustively, and that each weaker one is found out. Exit code 0 only
# if all of that is so. `make model` runs it; it needs Spin and a C compiler, and works in a folder of its own.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
for tool in spin gcc; do
  command -v "$tool" > /dev/null || {
    echo "$tool is missing: on Debian and Ubuntu 'sudo apt-get install spin gcc', on macOS 'brew install spin gcc'," \
      'elsewhere https://spinroot.com/spin/Man/README.html' >&2
    exit 1
  }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
failed=0

# explore <model> <gcc's options> <2^n places of the table of states> <the model's options>: leaves $work/report
explore() {
  model=$1 options=$2 table=$3
  shift 3
  rm -rf "$work/run" && mkdir "$work/run" && cd "$work/run"
  cp "$here/$model.pml" .
  spin "$@" -a "$model.pml"
  # shellcheck disable=SC2086
  gcc -w -DSAFETY -DMEMLIM=2000 $options -o pan pan.c
  ./pan -m1000000 -w"$table" > ../report
  cd "$here"
}

states() {
  sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$work/report"
}

# holds <what> <model> [options]: no run of the model breaks a rule, and every run was tried
holds() {
  what=$1 model=$2
  shift 2
  explore "$model" '-O2 -DCOLLAPSE' 22 "$@"
  if grep -q 'errors: 0$' "$work/report" && ! grep -qE 'not completed|depth too small' "$work/report"; then
    echo "ok    $what: holds in all of $(states) states"
  else
    echo "FAIL  $what: should hold and does not, or was not searched to its end"
    cat "$work/report"
    failed=1
  fi
}

# finds <what> <model> <a line of it> [options]: there is such a run; it is the shortest that breaks a rule
finds() {
  what=$1 model=$2 end=$3
  shift 3
  explore "$model" '-O0 -DBFS' 18 "$@"
  story="$work/$what"
  : > "$story"
  if [ -f "$work/run/$model.pml.trail" ]; then
    (cd "$work/run" && spin "$@" -t -T -B "$model.pml") | grep -v '^spin:' > "$story"
  fi
  if grep -q "$end" "$story"; then
    echo "ok    $what: $(grep -h "$end" "$story" | sed 's/^!!! //; s/^[a-z]*: *//' | head -n 1)"
  else
    echo "FAIL  $what: there should be a run with '$end'"
    cat "$work/report" "$story"
    failed=1
  fi
}

echo 'The protocol:'
holds 'the journal, 2 writers, 3 appends' journal
holds 'messages, 2 orders that cross' messages -DPARTITIONS=2
holds 'messages, 1 order over 3 partitions' messages -DORDERS=1
echo 'Runs that there must be, or nothing was shown:'
finds 'a run that sells out' journal 'order 2: seat 2; .* counts' -DWITNESS
finds 'a run that sells both orders' messages 'at rest' -DPARTITIONS=2 -DWITNESS
echo 'Weaker protocols, and what becomes of them:'
finds 'first writer wins' journal 'seat 1 is sold to order' -DFIRST_WRITER_WINS -DRELEASES
finds 'two appends in flight' journal 'seat 1 is sold to order' -DTWO_IN_FLIGHT -DRELEASES
finds 'every record counts' journal 'order 0 is decided twice' -DEVERY_RECORD_COUNTS -DRELEASES
finds 'answered before it stands' journal 'told something else' -DANSWER_EARLY -DRELEASES
finds 'no memory of what was taken' messages 'does not wait for' -DORDERS=1 -DNO_MEMORY
finds 'two messages in flight' messages 'waits for ever' -DPARTITIONS=2 -DTWO_IN_FLIGHT
finds 'sent before it is acknowledged' messages 'waits for ever' -DORDERS=1 -DSENT_TOO_EARLY
finds 'a message for each line' messages 'which needs 2' -DORDERS=1 -DMESSAGE_PER_LINE

if [ "$failed" -eq 0 ]; then
  printf '\nThe shortest way to sell a seat twice where the first writer wins:\n\n'
  sed 's/^/  /' "$work/first writer wins"
  printf '\nThe protocol holds, and every weaker one was found out.\n'
fi
exit "$failed"
