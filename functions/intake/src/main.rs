//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    intake::run()
}
