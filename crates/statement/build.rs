//! Makes the wire forms from `proto/`, without a system `protoc`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../../proto";
    println!("cargo:rerun-if-changed={root}");
    let files = protox::compile(["watchfire/v1/statement.proto"], [root])?;
    prost_build::Config::new().compile_fds(files)?;
    Ok(())
}
