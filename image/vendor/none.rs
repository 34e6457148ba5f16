// No Rust: cargo wants a library to exist before it fetches its dependencies.
