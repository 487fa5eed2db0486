// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {CityTest} from "../CityTest.sol";

/// @notice A running programme, a merchant and a fund, two citizens with their phones' keys, and what they sign.
/// @dev Digests, leaves and days are worked out here from the documents, and not by the contract's own code.
abstract contract MileageTest is CityTest {
    uint16 internal constant VOLUNTEERING = 1;
    uint64 internal constant BUDGET = 100_000;
    uint16 internal constant DAY_LIMIT = 1000;
    uint32 internal constant BAKERY = 10;
    uint32 internal constant FOOD_BANK = 20;
    address internal constant operator = address(0xD6);
    address internal constant stranger = address(0xBAD);

    /// @dev Private keys.
    uint256 internal constant MINJI = 0xA11CE;
    uint256 internal constant JUNHO = 0xB0B;

    /// @dev 2027-01-15 in Seoul, when CityTest begins: 20,833 days after 1970-01-01.
    uint16 internal constant START = 20_833;
    uint16 internal constant YEAR = 2027;
    uint256 internal constant NEW_YEAR_2028 = 1_830_265_200;
    uint256 internal constant NEW_YEAR_2029 = 1_861_887_600;

    uint256 private constant CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;

    uint256 private batches;

    function setUp() public virtual override {
        super.setUp();
        furnish();
    }

    function furnish() internal {
        vm.startPrank(treasurer);
        mileage.createProgramme(VOLUNTEERING, operator, BUDGET, 30, DAY_LIMIT, START - 60, START + 2000);
        mileage.registerPayee(BAKERY, IMileage.PayeeKind.Merchant);
        mileage.registerPayee(FOOD_BANK, IMileage.PayeeKind.Fund);
        vm.stopPrank();
    }

    function holderOf(uint256 key) internal pure returns (address) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return address(uint160(uint256(keccak256(bytes.concat(bytes32(x), bytes32(y))))));
    }

    function today() internal view returns (uint16) {
        return uint16((block.timestamp + 9 hours) / 1 days);
    }

    function entry(address holder, uint256 amount) internal pure returns (uint256) {
        return (uint256(uint160(holder)) << 96) | amount;
    }

    function entries(address holder, uint256 amount) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = entry(holder, amount);
    }

    /// @notice A root that was never used.
    function freshRoot() internal returns (bytes32) {
        return keccak256(abi.encode("awards", ++batches));
    }

    function award(uint256 key, uint256 amount) internal {
        settle(VOLUNTEERING, today(), entries(holderOf(key), amount));
    }

    function settle(uint16 programme, uint16 day, uint256[] memory list) internal {
        bytes32 root = freshRoot();
        vm.prank(settler);
        mileage.settleAwards(programme, day, root, uint32(list.length), list);
    }

    function expectSettleError(uint16 programme, uint16 day, uint256[] memory list, bytes memory refusal) internal {
        bytes32 root = freshRoot();
        vm.prank(settler);
        vm.expectRevert(refusal);
        mileage.settleAwards(programme, day, root, uint32(list.length), list);
    }

    /// @notice A payment signed by the holder, good for an hour.
    function payment(uint256 key, uint32 payee, uint40 amount, uint32 nonce)
        internal
        view
        returns (IMileage.Redemption memory signed)
    {
        (signed.payee, signed.amount, signed.nonce) = (payee, amount, nonce);
        signed.deadline = uint48(block.timestamp + 1 hours);
        return sign(key, signed);
    }

    /// @notice The payment with the key's signature over what it says now.
    function sign(uint256 key, IMileage.Redemption memory unsigned)
        internal
        view
        returns (IMileage.Redemption memory)
    {
        (unsigned.x, unsigned.y) = vm.publicKeyP256(key);
        (unsigned.r, unsigned.s) = signatureOf(key, digestOf(holderOf(key), unsigned));
        return unsigned;
    }

    function one(IMileage.Redemption memory only) internal pure returns (IMileage.Redemption[] memory list) {
        list = new IMileage.Redemption[](1);
        list[0] = only;
    }

    function pay(IMileage.Redemption[] memory list) internal returns (bytes32) {
        vm.prank(settler);
        return mileage.redeem(list);
    }

    function pay(IMileage.Redemption memory only) internal returns (bytes32) {
        return pay(one(only));
    }

    function expectPayError(IMileage.Redemption memory only, bytes4 selector) internal {
        vm.prank(settler);
        vm.expectRevert(abi.encodeWithSelector(selector, 0));
        mileage.redeem(one(only));
    }

    /// @notice What goes back of a payment that was a batch of its own.
    function refundOf(
        IMileage.Redemption memory paid,
        address holder,
        bytes32 root,
        uint40 fromPrevious,
        uint40 before,
        uint40 amount
    ) internal pure returns (IMileage.Refund memory) {
        return IMileage.Refund({
            holder: holder,
            payee: paid.payee,
            amount: paid.amount,
            nonce: paid.nonce,
            deadline: paid.deadline,
            epoch: YEAR,
            fromPrevious: fromPrevious,
            refundedBefore: before,
            amountBack: amount,
            root: root,
            proof: new bytes32[](0)
        });
    }

    function objection(uint256 key, uint32 nonce, uint48 deadline) internal view returns (uint256 r, uint256 s) {
        return objectionBy(key, holderOf(key), nonce, deadline);
    }

    function objectionBy(uint256 key, address holder, uint32 nonce, uint48 deadline)
        internal
        view
        returns (uint256 r, uint256 s)
    {
        bytes32 typeHash = keccak256("Objection(address holder,uint32 nonce,uint48 deadline)");
        return signatureOf(key, digest(keccak256(abi.encode(typeHash, holder, nonce, deadline))));
    }

    function digestOf(address holder, IMileage.Redemption memory r) internal view returns (bytes32) {
        bytes32 typeHash =
            keccak256("Redemption(address holder,uint32 payee,uint40 amount,uint32 nonce,uint48 deadline)");
        return digest(keccak256(abi.encode(typeHash, holder, r.payee, r.amount, r.nonce, r.deadline)));
    }

    /// @notice The hash that CredentialAnchor.verify takes for a payment.
    function hashOf(bytes32 digest_, uint16 epoch, uint40 fromPrevious) internal pure returns (bytes32) {
        return keccak256(abi.encode(digest_, epoch, fromPrevious));
    }

    function buckets(address holder) internal view returns (uint256 current, uint256 previous) {
        (, current, previous) = mileage.bucketsOf(holder);
    }

    function digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Mileage"),
                keccak256("1"),
                block.chainid,
                address(mileage)
            )
        );
        return sha256(bytes.concat(hex"1901", domain, structHash));
    }

    function signatureOf(uint256 key, bytes32 digest_) internal pure returns (uint256, uint256) {
        (bytes32 r, bytes32 s) = vm.signP256(key, digest_);
        return (uint256(r), uint256(s) > CURVE_ORDER / 2 ? CURVE_ORDER - uint256(s) : uint256(s));
    }

    function highS(IMileage.Redemption memory signed) internal pure returns (IMileage.Redemption memory) {
        signed.s = CURVE_ORDER - signed.s;
        return signed;
    }
}
