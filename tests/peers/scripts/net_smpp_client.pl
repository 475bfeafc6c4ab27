# Perl's Net::SMPP as a client. Asynchronous: while it waits for one answer, its other way throws receipts away.
use strict;
use warnings;
use Encode qw(decode encode);
use IO::Select;
use JSON::PP;
use Net::SMPP;

$| = 1;
my $json  = JSON::PP->new->ascii;
my $asked = JSON::PP->new->utf8->decode($ARGV[0]);

sub say_it { print $json->encode({ said => @_ }), "\n" }

my ($smpp, $answer) = Net::SMPP->new_transceiver(
    "127.0.0.1",
    port      => $asked->{port},
    system_id => $asked->{login},
    password  => $asked->{secret},
);
die "no connection: $!" unless $smpp && $answer;
if ($answer->{status}) {
    say_it("refused", code => $answer->{status});
    exit;
}
say_it("bound");

sub submit {
    my ($content, $esm_class) = @_;
    $smpp->submit_sm(
        async               => 1,
        source_addr         => $asked->{source},
        dest_addr_ton       => 1,
        dest_addr_npi       => 1,
        destination_addr    => $asked->{number},
        esm_class           => $esm_class,
        registered_delivery => 1,
        data_coding         => 8,
        short_message       => $content,
    ) or die "not sent";
}

for my $text (@{ $asked->{texts} }) {
    if (length $text <= 70) {
        submit(encode("UTF-16BE", $text), 0);
        next;
    }
    my @pieces = unpack "(a67)*", $text;
    for my $part (1 .. @pieces) {
        submit(pack("C6", 5, 0, 3, 7, scalar @pieces, $part) . encode("UTF-16BE", $pieces[ $part - 1 ]), 0x40);
    }
}

sub delivered {
    my ($pdu) = @_;
    $smpp->deliver_sm_resp(message_id => "", seq => $pdu->{seq});
    if (($pdu->{esm_class} & 0x3c) == 4) {
        my %fields = map { split /:/, $_, 2 } grep { /:/ } split / /, $pdu->{short_message};
        (my $receipted = $pdu->{receipted_message_id} // "") =~ s/\0//g;
        say_it("receipt", id => $fields{id}, tlv_id => $receipted, stat => $fields{stat});
    }
    else {
        say_it("incoming", text => decode("UTF-16BE", $pdu->{short_message}), sender => $pdu->{source_addr});
    }
}

sub take {
    my $pdu = $smpp->read_pdu() or die "the line broke";
    my $command = $pdu->{cmd};
    if    ($command == Net::SMPP::CMD_submit_sm_resp)    { say_it("accepted", id => $pdu->{message_id}) }
    elsif ($command == Net::SMPP::CMD_deliver_sm)        { delivered($pdu) }
    elsif ($command == Net::SMPP::CMD_enquire_link)      { $smpp->enquire_link_resp(seq => $pdu->{seq}) }
    return $command;
}

my $both = IO::Select->new($smpp, \*STDIN);
LISTENING: while (1) {
    for my $ready ($both->can_read) {
        last LISTENING if $ready == \*STDIN;
        take();
    }
}
$smpp->unbind(async => 1);
1 while take() != Net::SMPP::CMD_unbind_resp;
say_it("unbound");
