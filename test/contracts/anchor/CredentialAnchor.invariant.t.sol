// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {CredentialAnchor} from "../../../contracts/anchor/CredentialAnchor.sol";
import {CityTest} from "../CityTest.sol";
import {Test} from "../Test.sol";

/// @notice Anchors and commits whatever the fuzzer likes, and keeps its own journal of what was taken.
contract AnchorHandler is Test {
    CredentialAnchor private immutable ANCHORS;
    address private immutable ANCHORER;

    bytes32[] public roots;
    mapping(bytes32 root => bytes32) public recordOf;
    bytes32 public head;
    uint64 public highestVersion;
    bool public takenTwice;
    bool public versionWentDown;

    constructor(CredentialAnchor anchors, address anchorer) {
        (ANCHORS, ANCHORER, head) = (anchors, anchorer, anchors.head());
    }

    function rootCount() external view returns (uint256) {
        return roots.length;
    }

    function anchorNew(bytes32 root, uint32 leafCount, uint16 seconds_) external {
        anchor(root, leafCount, seconds_);
    }

    /// @dev Few different roots, so that the same one is often tried again.
    function anchorAgain(uint8 seed, uint32 leafCount, uint16 seconds_) external {
        anchor(keccak256(abi.encode(seed % 8)), leafCount, seconds_);
    }

    function commit(uint64 version, bytes32 hash) external {
        vm.prank(ANCHORER);
        try ANCHORS.commitStatusList(keccak256("list"), version % 64, hash) {
            if (version % 64 <= highestVersion) versionWentDown = true;
            highestVersion = version % 64;
        } catch {}
    }

    function anchor(bytes32 root, uint32 leafCount, uint16 seconds_) private {
        vm.warp(block.timestamp + seconds_);
        vm.prank(ANCHORER);
        try ANCHORS.anchor(root, leafCount) {
            if (recordOf[root] != 0) takenTwice = true;
            roots.push(root);
            recordOf[root] = keccak256(abi.encode(ANCHORS.anchorOf(root)));
            head = keccak256(abi.encode(head, root, leafCount, uint64(block.number), uint64(block.timestamp)));
        } catch {}
    }
}

contract CredentialAnchorInvariants is CityTest {
    AnchorHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new AnchorHandler(anchors, anchorer);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_NoRootIsEverTakenTwiceOrChanged() public view {
        vm.assertFalse(handler.takenTwice());
        for (uint256 i = 0; i < handler.rootCount(); ++i) {
            bytes32 root = handler.roots(i);
            vm.assertEq(keccak256(abi.encode(anchors.anchorOf(root))), handler.recordOf(root));
            vm.assertEq(anchors.anchorOf(root).sequence, i + 1);
        }
    }

    function invariant_TheJournalCanBeRecomputed() public view {
        vm.assertEq(anchors.count(), handler.rootCount());
        vm.assertEq(anchors.head(), handler.head());
    }

    function invariant_StatusListVersionsNeverGoDown() public view {
        vm.assertFalse(handler.versionWentDown());
        (uint64 version,) = anchors.statusListOf(keccak256("list"));
        vm.assertEq(version, handler.highestVersion());
    }
}
