//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    adjustment::run()
}
