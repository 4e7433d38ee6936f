//! What Lambda starts.

fn main() -> Result<(), edge::StartError> {
    purchasing::run()
}
