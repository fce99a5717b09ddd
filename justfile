# `just check` is what the continuous build runs.
check:
    .ci/run

# The tests alone; `just test CASE=excuses` runs the recorded sessions whose name holds that word.
test *ARGS:
    env {{ARGS}} cargo test

# Takes recorded sessions that pass off the list of pending ones.
update:
    UPDATE=1 cargo test

fmt:
    cargo fmt
