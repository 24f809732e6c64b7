use nom::multi::count;
use nom::number::complete::be_u32;
use nom::IResult;

// ringfence: root
pub fn levels(message: &[u8], number: usize) -> IResult<&[u8], Vec<u32>, ()> {
    count(be_u32, number)(message)
}
