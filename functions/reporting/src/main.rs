//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    reporting::run()
}
