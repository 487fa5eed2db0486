// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

/// @title The city's points
/// @notice Points are whole numbers. They come into being only as awards of a programme, within its budget and its
/// limit per holder and day, and leave a holder only to a registered merchant or fund, by a signature of the holder's
/// P-256 key. Two exceptions, each with its event: a correction with a reason that a second person approved, and the
/// move to a new key after a delay in which the old one can object. Points of a year are good through the end of the
/// next: at every moment `balanceOf` and `totalSupply` leave out what has expired, with no transaction.
/// @dev A holder is address(uint160(uint256(keccak256(x, y)))) of its key. Days and years are the city's: an `epoch`
/// is a calendar year, a `day` counts from 1970-01-01, both after adding the city's offset from UTC. Every event that
/// moves points names the epochs whose buckets it touched, so that a reader can keep the same books.
interface IMileage {
    /// @notice Who may be paid: nobody unless registered.
    enum PayeeKind {
        None,
        Merchant,
        Fund
    }

    /// @notice What the operator stopped, operator or treasurer may resume; what the treasurer stopped, the treasurer.
    enum Halt {
        Running,
        ByOperator,
        ByTreasurer
    }

    enum CorrectionState {
        None,
        Proposed,
        Approved,
        Rejected
    }

    /// @notice `budgetPerPeriod` is for each `periodDays` days from `startDay`; `dayLimit` for one holder and day.
    /// Awards are for days from `startDay` to `endDay`, both included.
    struct Programme {
        address operator;
        uint64 budgetPerPeriod;
        uint16 periodDays;
        uint16 dayLimit;
        uint16 startDay;
        uint16 endDay;
        Halt halt;
    }

    struct Payee {
        PayeeKind kind;
        bool frozen;
    }

    /// @notice A payment as the holder's key (x, y) signed it with (r, s), `s` in the lower half.
    /// @dev ES256 over 0x1901, the EIP-712 domain separator and the hash of
    /// Redemption(address holder,uint32 payee,uint40 amount,uint32 nonce,uint48 deadline).
    struct Redemption {
        uint256 x;
        uint256 y;
        uint256 r;
        uint256 s;
        uint32 payee;
        uint40 amount;
        uint32 nonce;
        uint48 deadline;
    }

    /// @notice A payment as it was settled (`holder` to `fromPrevious`), its place under `root`, and what goes back:
    /// `amountBack`, after the `refundedBefore` that went back already.
    struct Refund {
        address holder;
        uint32 payee;
        uint40 amount;
        uint32 nonce;
        uint48 deadline;
        uint16 epoch;
        uint40 fromPrevious;
        uint40 refundedBefore;
        uint40 amountBack;
        bytes32 root;
        bytes32[] proof;
    }

    struct Correction {
        address holder;
        uint16 programme;
        uint40 amount;
        CorrectionState state;
        address proposer;
        bytes32 reasonHash;
    }

    /// @notice `readyAt` is 0 when nothing is pending. Void once the old key's nonce is no longer `nonce`.
    struct Recovery {
        address to;
        uint48 readyAt;
        uint32 nonce;
    }

    event ProgrammeCreated(
        uint16 indexed programme,
        address indexed operator,
        uint64 budgetPerPeriod,
        uint16 periodDays,
        uint16 dayLimit,
        uint16 startDay,
        uint16 endDay
    );
    event ProgrammeChanged(uint16 indexed programme, uint64 budgetPerPeriod, uint16 dayLimit, uint16 endDay);
    event ProgrammeStopped(uint16 indexed programme, Halt halt);
    event ProgrammeResumed(uint16 indexed programme);
    /// @notice An entry is holder << 96 | amount. All of it went into the bucket of `epoch`.
    event AwardsSettled(
        uint16 indexed programme,
        uint16 indexed day,
        bytes32 indexed root,
        uint16 epoch,
        uint256 total,
        uint256[] entries
    );

    event PayeeRegistered(uint32 indexed payee, PayeeKind kind);
    event PayeeFrozen(uint32 indexed payee, bool frozen);
    /// @notice `fromPrevious` came out of the bucket of `epoch - 1`, the rest of `amount` out of that of `epoch`.
    event Redeemed(
        address indexed holder,
        uint32 indexed payee,
        uint40 amount,
        uint32 nonce,
        uint16 epoch,
        uint40 fromPrevious,
        bytes32 digest
    );
    event RedemptionsSettled(bytes32 indexed root, uint32 count);
    /// @notice `toCurrent` went back to the bucket of `epoch`, that of the redemption, `toPrevious` to that of
    /// `epoch - 1`; together they are `amount`. What goes to the bucket of an expired epoch has expired with it.
    event Refunded(
        address indexed holder,
        uint32 indexed payee,
        uint40 amount,
        uint16 epoch,
        uint40 toCurrent,
        uint40 toPrevious,
        bytes32 digest
    );

    event CorrectionProposed(
        uint64 indexed id, address indexed holder, uint16 indexed programme, uint40 amount, bytes32 reasonHash
    );
    event CorrectionRejected(uint64 indexed id);
    /// @notice `amount` is what was really taken, `fromPrevious` of it from the bucket of `epoch - 1`.
    event Corrected(
        uint64 indexed id,
        address indexed holder,
        uint16 indexed programme,
        uint40 amount,
        uint16 epoch,
        uint40 fromPrevious,
        bytes32 reasonHash
    );

    event RecoveryRequested(address indexed from, address indexed to, uint48 readyAt);
    event RecoveryCancelled(address indexed from, address indexed to);
    event RecoveryObjected(address indexed from, address indexed to, uint32 nonce);
    /// @notice `current` moved in the bucket of `epoch`, `previous` in that of `epoch - 1`.
    event RecoveryCompleted(
        address indexed from, address indexed to, uint16 epoch, uint40 current, uint40 previous
    );

    error ProgrammeIdOutOfRange(uint16 programme);
    error ProgrammeAlreadyExists(uint16 programme);
    error ProgrammeUnknown(uint16 programme);
    error ProgrammeTermsInvalid(uint16 programme);
    error ProgrammeNotRunning(uint16 programme);
    error ProgrammeAlreadyRunning(uint16 programme);
    /// @notice The programme has no awards for that day: before its start or after its end.
    error DayOutsideProgramme(uint16 programme, uint16 day);
    error DayOutOfRange(uint16 day, uint16 today);
    error BudgetExceeded(uint16 programme, uint256 period, uint256 wouldBeSpent, uint64 budget);
    error BudgetBelowSpent(uint16 programme, uint256 spent);
    error EmptyBatch();
    error LeafCountTooSmall(uint32 leafCount, uint256 entries);
    /// @notice In these and below, `index` is the entry of the batch at fault.
    error AmountOutOfRange(uint256 index);
    error DayClosed(uint256 index);
    error DayLimitExceeded(uint256 index);
    error TooManyProgrammes(uint256 index);
    error BalanceOutOfRange();

    error PayeeIdOutOfRange(uint32 payee);
    error PayeeAlreadyRegistered(uint32 payee);
    error PayeeUnknown(uint32 payee);
    error PayeeAlreadyInState(uint32 payee, bool frozen);
    error PayeeNotRegistered(uint256 index);
    error PayeeIsFrozen(uint256 index);
    error DeadlinePassed(uint256 index);
    error NonceUsed(uint256 index);
    error BalanceTooLow(uint256 index);
    error SignatureInvalid(uint256 index);

    error RootNotOfRedemptions(bytes32 root);
    error RefundWindowClosed(bytes32 root);
    error RedemptionNotProven(bytes32 digest);
    error RefundOutOfOrder(bytes32 digest, uint40 refunded);
    error RefundTooMuch(bytes32 digest);

    error CorrectionAlreadyExists(uint64 id);
    error CorrectionEmpty(uint64 id);
    error CorrectionNotProposed(uint64 id);
    error CorrectionNeedsAnother(uint64 id, address proposer);

    error RecoveryInvalid(address from, address to);
    error RecoveryAlreadyPending(address from);
    error RecoveryNotPending(address from);
    error RecoveryTooEarly(address from, uint48 readyAt);
    /// @notice The old key has signed something since the request: it is not lost.
    error RecoveryVoid(address from);

    // --- programmes and awards

    /// @notice A new programme under an id of 1 to 4095. Treasurer.
    function createProgramme(
        uint16 id,
        address operator,
        uint64 budgetPerPeriod,
        uint16 periodDays,
        uint16 dayLimit,
        uint16 startDay,
        uint16 endDay
    ) external;

    /// @notice New terms from now on. The budget cannot go below what the running period has spent. Treasurer.
    function changeProgramme(uint16 id, uint64 budgetPerPeriod, uint16 dayLimit, uint16 endDay) external;

    /// @notice No awards until it is resumed. The programme's operator, or the treasurer.
    function stopProgramme(uint16 id) external;

    /// @notice The operator takes back a stop of its own, the treasurer any.
    function resumeProgramme(uint16 id) external;

    /// @notice Gives points, net per holder, for one programme and day, and anchors the single awards. Settler.
    /// @param day Not after today and not more than 30 days ago; for one holder days only go forward.
    /// @param root Merkle root of the single awards, as in CredentialAnchor, which refuses it a second time.
    /// @param leafCount How many single awards.
    /// @param entries holder << 96 | amount, with an amount of 1 to 65535.
    function settleAwards(
        uint16 programme,
        uint16 day,
        bytes32 root,
        uint32 leafCount,
        uint256[] calldata entries
    ) external;

    // --- payments

    /// @notice A merchant or a fund under an id of its own, not 0. Treasurer.
    function registerPayee(uint32 id, PayeeKind kind) external;

    /// @notice A frozen payee is paid nothing. Treasurer.
    function setPayeeFrozen(uint32 id, bool frozen) external;

    /// @notice Settles payments in their order, all or none, oldest points first, and anchors them. Settler.
    /// @dev A nonce is good when it is greater than the holder's last; the ones in between are void for ever.
    /// Leaves are over keccak256(abi.encode(digest, epoch, fromPrevious)), in the order given.
    /// @return root The Merkle root of the batch.
    function redeem(Redemption[] calldata redemptions) external returns (bytes32 root);

    /// @notice Gives points of a payment back, within the window, in parts or whole. They go back to the epochs that
    /// they came from, the newer first. Settler.
    function refund(Refund calldata returned) external;

    // --- corrections

    /// @notice Proposes to take points that were given in error. Treasurer.
    /// @param reasonHash Hash of the reason that the holder is told.
    function proposeCorrection(uint64 id, address holder, uint16 programme, uint40 amount, bytes32 reasonHash)
        external;

    /// @notice Takes the points, as far as the holder has them, oldest first. Approver, not the proposer.
    function approveCorrection(uint64 id) external;

    /// @notice The correction will never be. Approver.
    function rejectCorrection(uint64 id) external;

    // --- lost keys

    /// @notice Announces that the points of `from` go to `to`, the same citizen's new key. Settler.
    function requestRecovery(address from, address to) external;

    /// @notice Takes back a request made by mistake. Settler.
    function cancelRecovery(address from) external;

    /// @notice Moves the points, once the delay is over and the old key has been silent. Settler.
    function completeRecovery(address from) external;

    /// @notice Ends a request by a signature of the old key. Anyone may bring it, also while the contract is paused.
    /// @dev ES256 as for a redemption, over Objection(address holder,uint32 nonce,uint48 deadline).
    function objectToRecovery(uint256 x, uint256 y, uint256 r, uint256 s, uint32 nonce, uint48 deadline) external;

    // --- pause

    /// @notice Stops awards, redemptions, refunds, corrections and recoveries. Treasurer.
    function pause() external;

    /// @notice Treasurer.
    function unpause() external;

    // --- what anyone can read

    /// @notice Points that the holder could spend now.
    function balanceOf(address holder) external view returns (uint256);

    /// @notice The epoch of now, and the holder's points of it and of the one before.
    function bucketsOf(address holder) external view returns (uint16 epoch, uint40 current, uint40 previous);

    /// @notice The last nonce that the holder's key used.
    function nonceOf(address holder) external view returns (uint32);

    /// @notice Points that have not expired, of all holders.
    function totalSupply() external view returns (uint256);

    /// @notice Points of an epoch that were not spent or corrected, expired or not.
    function outstandingOf(uint16 epoch) external view returns (uint256);

    /// @notice Points that have expired since the beginning.
    function expired() external view returns (uint256);

    /// @notice Sums since the beginning: totalSupply = awarded - redeemed - donated + refunded - corrected - expired.
    function totals()
        external
        view
        returns (uint64 awarded, uint64 redeemed, uint64 donated, uint64 refunded, uint64 corrected);

    /// @notice All zero for an id that is not in use.
    function programmeOf(uint16 id) external view returns (Programme memory);

    /// @notice What the programme gave in its period, counted from 0.
    function spentOf(uint16 id, uint256 period) external view returns (uint256);

    function payeeOf(uint32 id) external view returns (Payee memory);

    /// @notice When a root of redemptions was settled; 0 for any other root.
    function settledAt(bytes32 root) external view returns (uint48);

    /// @notice How much of a payment went back.
    function refundedOf(bytes32 digest) external view returns (uint40);

    function correctionOf(uint64 id) external view returns (Correction memory);

    function recoveryOf(address from) external view returns (Recovery memory);
}
