# gc-stress.sh - the core suite with a collection before every object that is made.
exec sh "$NACRE_SOURCE/tests/spec/core.sh" --gc-stress
